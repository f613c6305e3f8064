using VfioFuzz.Programs.Generation;

namespace VfioFuzz.Programs;

/// <summary>
/// Makes programs from choices. It looks at the program so far (which slots probably hold what, what was mapped, who
/// lives), never at the model: most programs set up a container in some order, then use and abuse it with kinds
/// switched off at random (swarm), and end with lines that observe.
/// </summary>
public static class Generator
{
    /// <summary>
    /// The program that <paramref name="choices"/> make; canonical, and the same for the same choices and options.
    /// </summary>
    public static Program Generate(Choices choices, GeneratorOptions options) => new Draft(choices, options).Complete();

    /// <summary>
    /// The first <paramref name="kept"/> lines of <paramref name="program"/>, and behind them what the generator would draw after such a beginning:
    /// as many lines as the options ask of a whole program, as far as there is room.
    /// </summary>
    public static Program Continue(Choices choices, GeneratorOptions options, Program program, int kept) =>
        new Draft(choices, options, program, kept).Complete();
}
