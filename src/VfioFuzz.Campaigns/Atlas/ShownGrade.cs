namespace VfioFuzz.Campaigns.Atlas;

/// <summary>How badly a row of the atlas shows on a design; the worse the higher (design decision 5).</summary>
public enum ShownGrade
{
    /// <summary>No schedule of the row's program, nor of any part of it, shows it.</summary>
    Never = 0,

    /// <summary>The answers come as the row says: a hazard or a claim, not a hang.</summary>
    Answers = 1,

    /// <summary>Somebody sleeps while the users are idle; a kill ends it.</summary>
    Blocks = 2,

    /// <summary>... and no live holder of the container can end it.</summary>
    BlocksBeyondHelp = 3,

    /// <summary>A killed process cannot die; another live holder of the container could have freed it before.</summary>
    Deadlock = 4,

    /// <summary>A killed process cannot die, and nobody could have helped.</summary>
    DeadlockBeyondHelp = 5,

    /// <summary>The kernel breaks a rule: an oops, a use after free.</summary>
    Broken = 6,
}

/// <summary>Short forms for tables.</summary>
public static class ShownGrades
{
    private static readonly string[] Marks = ["-", "yes", "b", "b!", "k", "k!", "x"];

    /// <summary>One or two letters: <c>- yes b b! k k! x</c>.</summary>
    public static string Mark(this ShownGrade grade) => Marks[(int)grade];

    /// <summary>The grade of a mark.</summary>
    /// <exception cref="FormatException">There is no such mark.</exception>
    public static ShownGrade Parse(string mark) => Array.IndexOf(Marks, mark) is >= 0 and var grade
        ? (ShownGrade)grade
        : throw new FormatException($"'{mark}' is no grade; there are {string.Join(' ', Marks)}");

    public static string Words(this ShownGrade grade) => grade switch
    {
        ShownGrade.Never => "never",
        ShownGrade.Answers => "answers as described",
        ShownGrade.Blocks => "blocks while users are idle, killable",
        ShownGrade.BlocksBeyondHelp => "blocks beyond help, killable",
        ShownGrade.Deadlock => "deadlock: a killed process cannot die",
        ShownGrade.DeadlockBeyondHelp => "deadlock beyond help: a killed process cannot die, and no live holder of the container could have freed it",
        _ => "breaks the kernel",
    };
}
