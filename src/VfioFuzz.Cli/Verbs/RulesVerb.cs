using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VfioFuzz.Campaigns;
using VfioFuzz.Checking;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Linux;
using VfioFuzz.Model;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>rules</c>: what runs are judged by, how often the last run exercised it, and the known defects.</summary>
internal static class RulesVerb
{
    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "one rule, as in a report (`map.exists`, `deadlock`) or a known defect; all when missing",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Make()
    {
        var command = new Command("rules", "list the rules that answers and runs are judged by, with the outcomes of the last check") { Name };
        command.SetAction(parsed =>
        {
            var last = LastRun.Read(LastRun.PathIn(KernelStore.DefaultFolder));
            var console = Screen.Out();
            return parsed.GetValue(Name) is { } name ? PrintOne(console, name, last) : Print(console, last);
        });
        return command;
    }

    private static int Print(IAnsiConsole console, LastRun? last)
    {
        var answers = Screen.Table("rule of answers", "statement", "authority", last is null ? "outcomes" : "outcomes in the last run");
        foreach (var rule in Rules.All)
            answers.AddRow(Screen.Cells(rule.Name, rule.Statement, rule.Authority, Outcomes(rule, last, "  ")));
        console.Write(answers);
        var runs = Screen.Table("rule of runs", "statement", "authority");
        foreach (var rule in RuleBook.All)
            runs.AddRow(Screen.Cells(rule.Name, Statement(rule), rule.Authority));
        console.Write(runs);
        var defects = Screen.Table("known defect", "what happens", "kernels", "reference");
        foreach (var defect in KnownDefects.All)
            defects.AddRow(Screen.Cells(defect.Id, defect.Statement, defect.Kernels, defect.Reference));
        console.Write(defects);
        Say(console, Summary(last));
        return ExitCode.Clean;
    }

    private static int PrintOne(IAnsiConsole console, string name, LastRun? last)
    {
        if (Rules.All.FirstOrDefault(rule => rule.Name == name) is { } answers)
            Say(console, $"{answers.Name}\n{answers.Statement}\nauthority: {answers.Authority}\noutcomes:  {Outcomes(answers, last, "\n           ")}\n"
                + (last is null ? Summary(last) : $"last run:  {last.Run}"));
        else if (RuleBook.Find(name) is { } run)
            Say(console, $"{run.Name}\n{Statement(run)}\nauthority: {run.Authority}");
        else if (KnownDefects.All.FirstOrDefault(defect => defect.Id == name) is { } known)
            Say(console, $"{known.Id}\n{known.Statement}\nkernels:   {known.Kernels}\nreference: {known.Reference}");
        else
            throw new UsageException($"rules {name}: no such rule; `vfiofuzz rules` lists them{Similar(name)}");
        return ExitCode.Clean;
    }

    /// <summary>Each outcome of the rule with its count; one that never came up says so, and why if that is known.</summary>
    private static string Outcomes(Model.Rule rule, LastRun? last, string separator) => last is null
        ? string.Join(separator, rule.Outcomes)
        : string.Join(separator, rule.Outcomes.Select(outcome => last.Of(rule.Name, outcome) switch
        {
            { Count: > 0 and var count } => string.Create(CultureInfo.InvariantCulture, $"{outcome} {count:n0}"),
            { WhyNot: { } reason } when separator.Contains('\n') => $"{outcome} out of reach: {reason}",
            { WhyNot: not null } => $"{outcome} out of reach",
            _ => $"{outcome} never",
        }));

    private static string Summary(LastRun? last)
    {
        if (last is null)
            return "no check was run yet: `vfiofuzz check` counts how often each outcome was exercised";
        return $"last run: {last.Run}\n{string.Join('\n', CoverageText.Of(last.Rules))}";
    }

    private static string Statement(Checking.Rule rule) => rule.Statement + (rule.Mode == RuleMode.Sometimes ? " (noted)" : "");

    private static string Similar(string name)
    {
        var similar = Rules.All.Select(rule => rule.Name).Concat(RuleBook.All.Select(rule => rule.Name))
            .Where(known => known.Contains(name, StringComparison.OrdinalIgnoreCase)).ToArray();
        return similar.Length == 0 ? "" : $"; like it are {string.Join(", ", similar)}";
    }

    private static void Say(IAnsiConsole console, string text) => console.Write(new Text(text + "\n"));
}
