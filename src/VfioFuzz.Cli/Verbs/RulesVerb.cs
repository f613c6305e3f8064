using System.CommandLine;
using Spectre.Console;
using VfioFuzz.Checking;
using VfioFuzz.Cli.Screens;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>rules</c>: what runs are judged by, and the known defects.</summary>
internal static class RulesVerb
{
    public static Command Make()
    {
        var command = new Command("rules", "list the rules that runs are judged by, and the known defects of kernels");
        command.SetAction(_ => Print(Screen.Out()));
        return command;
    }

    private static int Print(IAnsiConsole console)
    {
        var rules = Screen.Table("rule", "statement", "authority");
        foreach (var rule in RuleBook.All)
            rules.AddRow(Screen.Cells(rule.Name, rule.Statement + (rule.Mode == RuleMode.Sometimes ? " (noted)" : ""), rule.Authority));
        console.Write(rules);
        var defects = Screen.Table("known defect", "what happens", "kernels", "reference");
        foreach (var defect in KnownDefects.All)
            defects.AddRow(Screen.Cells(
                defect.Id, defect.Statement, defect.Kernels, defect.Reference));
        console.Write(defects);
        return ExitCode.Clean;
    }
}
