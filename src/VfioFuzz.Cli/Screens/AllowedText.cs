using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Screens;

/// <summary>What the model allows for a line, in few words.</summary>
internal static class AllowedText
{
    /// <summary>As in <c>allowed: 0 (map.ok), EEXIST (map.exists)</c>; empty where no model judges.</summary>
    public static string Of(IAnswerRule answers, Program program, History history, int line)
    {
        if (answers is not ModelAnswers model)
            return "";
        var allowed = model.AllowedAt(program, history, line);
        return allowed.IsEmpty
            ? ""
            : $"allowed: {string.Join(", ", allowed.Select(answer => $"{answer.Answer} ({answer.Rule})"))}";
    }
}
