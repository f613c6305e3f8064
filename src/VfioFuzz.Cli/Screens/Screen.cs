using Spectre.Console;

namespace VfioFuzz.Cli.Screens;

/// <summary>How this command uses a terminal: plain tables, colours only where a terminal wants them (NO_COLOR is respected).</summary>
internal static class Screen
{
    /// <summary>Columns when nobody looks: wide enough that no table is folded.</summary>
    private const int RedirectedWidth = 200;

    public static IAnsiConsole Out()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }

    public static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column)));
        return table;
    }

    /// <summary>Cells of plain text: what a kernel said is no markup.</summary>
    public static Text[] Cells(params ReadOnlySpan<string> texts)
    {
        var cells = new Text[texts.Length];
        for (var i = 0; i < texts.Length; i++)
            cells[i] = new Text(texts[i]);
        return cells;
    }
}
