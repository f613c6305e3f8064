using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class PlantTests
{
    public static TheoryData<string, Operation, Answer, Answer> Plants() => new()
    {
        { "wrong-errno", Map, Answer.Fails(Errno.EEXIST), Answer.Fails(Errno.EINVAL) },
        { "wrong-errno", Map, Answer.Fails(Errno.ENOSPC), Answer.Fails(Errno.ENOSPC) },
        { "wrong-size", Unmap, Answer.Ok(0x1000), Answer.Ok(0x2000) },
        { "wrong-size", Unmap, Answer.Ok(), Answer.Ok() },
        { "lost-charge", Operation.Observe(default), Answer.Ok(3), Answer.Ok(2) },
    };

    private static Operation Map => Operation.Map(default, 3, default, new(4096), default, MapFlags.Read);

    private static Operation Unmap => Operation.Unmap(default, 3, default, new(4096));

    [Theory]
    [MemberData(nameof(Plants))]
    public void A_plant_changes_its_own_answer_only(string name, Operation operation, Answer told, Answer judged)
    {
        var history = new History();
        history.Add(HistoryEvent.Answered(0, told, 1));
        var changed = Plant.Find(name)!.Apply(Program.Sequential(default, operation), history, out var planted);
        Assert.Equal(told != judged, changed);
        Assert.Equal(judged, planted.Events[0].Answer);
    }

    [Fact]
    public void A_planted_target_answers_wrongly_for_the_right_program()
    {
        using var target = new PlantedTarget(new LeakyTarget(), new Plant("all-wrong", "", (_, _) => Answer.Fails(Errno.EIO)));
        var source = new ReadingSource();
        var answers = target.Run(Enumerable.Range(0, 3).Select(index => source.Draw(1, index)), new RunRequest(1))
            .Select(history => history.Events[0].Answer);
        Assert.All(answers, answer => Assert.Equal(Answer.Fails(Errno.EIO), answer));
    }
}
