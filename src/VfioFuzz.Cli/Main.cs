namespace VfioFuzz.Cli;

internal static class Entry
{
    public static int Main(string[] arguments) => CommandLine.Run(arguments);
}
