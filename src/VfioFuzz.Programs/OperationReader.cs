namespace VfioFuzz.Programs;

/// <summary>
/// Reads one operation from its words: verb and operands, named ones and flags in any order behind them.
/// </summary>
internal sealed class OperationReader(string fileName, List<Token> words, Token end)
{
    public Operation Read(TaskId task)
    {
        var form = Form();
        var operation = new Operation(form.Kind, task, 0, 0, 0, 0, 0, 0);
        var given = new bool[form.Operands.Length];
        for (var i = 1; i < words.Count; i++)
            if (form.Noun is null || i != 1 + form.OperandsBeforeNoun)
                operation = ReadWord(form, words[i], operation, given);
        for (var i = 0; i < given.Length; i++)
        {
            var operand = form.Operands[i];
            if (!given[i] && !operand.IsOptional)
                throw Unexpected(end, OperandText.Expected(operand));
            if (!given[i])
                operation = operand.Put(operation, OperandText.WhenLeftOut(operand.Type));
        }
        return operation.Canonical;
    }

    private OperationForm Form()
    {
        if (words.Count == 0)
            throw Unexpected(end, "an operation");
        var named = OperationForm.All.Where(form => form.Verb == words[0].Text).ToList();
        if (named.Count == 0)
            throw Unexpected(words[0], $"an operation ({string.Join(", ", OperationForm.All.Select(form => form.Verb).Distinct())})");
        if (named[0].Noun is null)
            return named[0];
        var place = 1 + named[0].OperandsBeforeNoun;
        var found = named.Find(form => place < words.Count && words[place].Text == form.Noun);
        return found ?? throw Unexpected(
            place < words.Count ? words[place] : end, string.Join(", ", named.Select(form => form.Noun)));
    }

    /// <summary>
    /// Puts the operand that <paramref name="word"/> states; a positional one is the first not given yet.
    /// </summary>
    private Operation ReadWord(OperationForm form, Token word, Operation operation, bool[] given)
    {
        for (var i = 0; i < form.Operands.Length; i++)
        {
            var operand = form.Operands[i];
            if (operand.IsOptional)
            {
                if (TryFlags(operand, word, out var bits))
                {
                    if (HandedOverText.Overlap(operand.Type, operand.Of(operation), bits))
                        throw Unexpected(word, StillPossible(form, given));
                    bits |= given[i] ? operand.Of(operation) : 0;
                    given[i] = true;
                    return operand.Put(operation, bits);
                }
                continue;
            }
            if (given[i] || (operand.Keyword is { } keyword && !word.Text.StartsWith(keyword + "=", StringComparison.Ordinal)))
                continue;
            var text = operand.Keyword is null ? word.Text : word.Text[(operand.Keyword.Length + 1)..];
            if (!OperandText.TryParse(operand.Type, text, out var value))
                throw Unexpected(word, OperandText.Expected(operand));
            given[i] = true;
            return operand.Put(operation, value);
        }
        throw Unexpected(word, StillPossible(form, given));
    }

    private static bool TryFlags(Operand operand, Token word, out ulong bits)
    {
        const string raw = "flags=";
        if (OperandText.HasRawFlags(operand.Type) && word.Text.StartsWith(raw, StringComparison.Ordinal))
            return OperandText.TryParse(operand.Type, word.Text.AsSpan(raw.Length), out bits);
        return OperandText.TryFlagWord(operand.Type, word.Text, out bits);
    }

    private static string StillPossible(OperationForm form, bool[] given)
    {
        var expected = new List<string>();
        for (var i = 0; i < given.Length; i++)
            if (!given[i] || form.Operands[i].IsOptional)
                expected.Add(OperandText.Expected(form.Operands[i]));
        expected.Add("the end of the operation");
        return string.Join(" or ", expected);
    }

    private ProgramTextException Unexpected(Token found, string expected) =>
        new(fileName, found.Line, found.Column, expected, found.Description);
}
