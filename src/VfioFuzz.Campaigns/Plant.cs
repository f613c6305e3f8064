using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>
/// A deviation planted on purpose between target and judge. A campaign that does not report it is blind; the test hook
/// <c>--plant</c> and the canary of every campaign use it.
/// </summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Statement">What is told wrongly.</param>
/// <param name="Change">The wrong answer of a line, or the answer itself where nothing is planted.</param>
public sealed record Plant(string Name, string Statement, Func<Operation, Answer, Answer> Change)
{
    public static ImmutableArray<Plant> All { get; } =
    [
        new("wrong-errno", "a MAP that overlaps answers EINVAL instead of EEXIST", (operation, answer) =>
            operation.Kind == OperationKind.Map && answer == Answer.Fails(Errno.EEXIST) ? Answer.Fails(Errno.EINVAL) : answer),
        new("wrong-size", "an UNMAP reports one page more than it removed", (operation, answer) =>
            operation.Kind == OperationKind.Unmap && answer.IsOk && answer.Value != 0
                ? Answer.Ok(answer.Value + Limits.PageSize)
                : answer),
        new("lost-charge", "VmLck is told one page too low", (operation, answer) =>
            operation.Kind == OperationKind.Observe && answer.IsOk && answer.Value != 0 ? Answer.Ok(answer.Value - 1) : answer),
    ];

    public static Plant? Find(string name) => All.FirstOrDefault(plant => plant.Name == name);

    /// <summary>Copies <paramref name="history"/> with the planted answers; true when any differs.</summary>
    public bool Apply(Program program, History history, out History planted)
    {
        var changed = false;
        planted = RunRecord.With(history, happened =>
        {
            if (happened.Kind != EventKind.Answered || happened.Line >= program.Lines.Length)
                return happened;
            var answer = Change(program.Lines[happened.Line].Operation, happened.Answer);
            changed |= answer != happened.Answer;
            return HistoryEvent.Answered(happened.Line, answer, happened.Ticket);
        });
        return changed;
    }
}
