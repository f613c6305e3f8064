using System.Diagnostics;
using System.Globalization;

namespace VfioFuzz.Mutation;

/// <summary>How a mutant ended: what saw it, or that nothing did.</summary>
internal sealed record Ending(string By, string Evidence)
{
    public const string Survived = "survived";

    public bool IsDeath => By != Survived;
}

/// <summary>
/// A process of this program that holds the tests and one assembly of the model, and tries the mutants it is told, warm: only one that hangs,
/// or brings the process down, costs a new one.
/// </summary>
internal sealed class Host(string tests, string commandTests, string model) : IDisposable
{
    /// <summary>Asks this program to be the process.</summary>
    public const string Verb = "--host";

    private const char Separator = '\t';
    private const string Heartbeat = ".";

    /// <summary>Of the processor's time, so that a busy machine kills nobody: many times what any single test takes with an unchanged model.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private Process? process;

    /// <summary>The process: reads numbers, writes endings.</summary>
    public static int Serve(string tests, string commandTests, string model)
    {
        var told = Console.Out;
        // What tests print is nobody's ending.
        Console.SetOut(TextWriter.Null);
        // Tests find their files beside themselves.
        AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", Path.GetFullPath(tests) + Path.DirectorySeparatorChar);
        var suite = new Suite(tests, commandTests, model) { Alive = () => told.WriteLine(Heartbeat) };
        while (Console.ReadLine() is { } line)
        {
            var number = int.Parse(line, CultureInfo.InvariantCulture);
            suite.Activate(number);
            var ending = suite.FirstFailure(number) ?? new Ending(Ending.Survived, "");
            told.WriteLine($"{ending.By}{Separator}{Flat(ending.Evidence)}");
        }
        return 0;
    }

    public Ending Try(int number)
    {
        process ??= Started();
        process.StandardInput.WriteLine(number);
        for (; ; )
        {
            var line = process.StandardOutput.ReadLineAsync();
            var heard = process.TotalProcessorTime;
            while (!line.Wait(Look))
            {
                process.Refresh();
                if (!process.HasExited && process.TotalProcessorTime - heard > SilenceMax)
                    return Lost("hung");
            }
            if (line.Result is null)
                return Lost("stopped");
            if (line.Result.Split(Separator) is [var by, var evidence])
                return new Ending(by, evidence);
        }
    }

    public void Dispose()
    {
        process?.StandardInput.Close();
        process?.WaitForExit();
        process?.Dispose();
    }

    private Ending Lost(string how)
    {
        process!.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        process = null;
        return new Ending($"tests ({how})", "");
    }

    private Process Started()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Verb, tests, commandTests, model])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // A mutant that allocates without end is to stop, not the machine.
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x70000000";
        return Process.Start(start)!;
    }

    private static string Flat(string text) => text.Replace(Separator, ' ').ReplaceLineEndings(" ");
}
