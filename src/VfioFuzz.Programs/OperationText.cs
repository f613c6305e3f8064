using System.Text;

namespace VfioFuzz.Programs;

/// <summary>
/// The text of one operation, without the thread that does it: <c>map 3 iova=0x0 size=0x2000 vaddr=page0 rw</c>.
/// </summary>
public static class OperationText
{
    public static string Print(in Operation operation)
    {
        var text = new StringBuilder();
        Print(text, operation);
        return text.ToString();
    }

    internal static void Print(StringBuilder text, in Operation operation)
    {
        var form = OperationForm.Of(operation.Kind);
        text.Append(form.Verb);
        for (var i = 0; i <= form.Operands.Length; i++)
        {
            if (i == form.OperandsBeforeNoun && form.Noun is not null)
                text.Append(' ').Append(form.Noun);
            if (i < form.Operands.Length)
                OperandText.Print(text, form.Operands[i], form.Operands[i].Of(operation));
        }
    }
}
