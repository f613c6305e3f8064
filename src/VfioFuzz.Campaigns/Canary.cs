using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>
/// Plants an errno that no vfio call answers into copies of passed histories, one in so many, and asks the judge again: a campaign whose judge
/// lets one through proves nothing.
/// </summary>
internal sealed class Canary(Judge judge, int period)
{
    private int passed;

    public CanaryCount Count { get; private set; }

    /// <summary>To be called with every history that passed.</summary>
    public void Passed(Program program, History history)
    {
        if (++passed % period != 0 || LineToChange(program, history) is not { } line)
            return;
        var planted = RunRecord.WithAnswer(history, line, ModelAnswers.Impossible);
        var caught = judge.JudgeRun(program, planted) is Violation;
        Count = new CanaryCount(Count.Planted + 1, Count.Caught + (caught ? 1 : 0));
    }

    /// <summary>The last line that returned: the whole run before it is still judged.</summary>
    private static int? LineToChange(Program program, History history)
    {
        int? line = null;
        foreach (ref readonly var happened in history.Events)
        {
            if (happened.Kind == EventKind.Answered && happened.AnswerKind == AnswerKind.Returned
                && happened.Line < program.Lines.Length)
                line = happened.Line;
        }
        return line;
    }
}
