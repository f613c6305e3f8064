using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>A violation as a campaign saw it first.</summary>
internal sealed record Sight(
    int Index, Program Program, Violation Violation, Schedule Schedule, ImmutableArray<Answer> Answers, TimeSpan After)
{
    public Finding AsFinding(ITarget target, ulong seed) => new()
    {
        Key = Violation.Key,
        Program = Program,
        Schedule = Schedule,
        Targets = [target.Name],
        Origin = new Origin(seed, Index),
        Evidence = Violation.Evidence,
        Answers = [.. Answers.Select(answer => answer.ToString())],
        Results = Answers,
        Deviation = Violation.Deviation,
        Remarks = ["as it was seen, not shrunk"],
    };
}
