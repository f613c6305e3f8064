using VfioFuzz.PageModel;
using VfioFuzz.Programs;
using VfioFuzz.Testing;

namespace VfioFuzz.Model.Tests;

/// <summary>The reference model against a second one that shares no line with it (issue: two who count alike are hardly both wrong).</summary>
public sealed class PageModelTests
{
    /// <summary>Programs within which a model that counts wrongly must be seen.</summary>
    private const ulong ProgramsMax = 2000;

    [VfioProperty(1000)]
    public void Both_models_agree_on_mapping_vaddrs_and_pins(ulong seed)
    {
        foreach (var name in new[] { DialectName.S61, DialectName.Exc, DialectName.Blk3 })
            if (Disagreement(seed, name, PlantedError.None, out _) is { } disagreement)
                Assert.Fail(disagreement);
    }

    [Theory]
    [InlineData(PlantedError.ReportsSizeOfFirstMappingOnly)]
    [InlineData(PlantedError.ForgetsChargeOfSecondMap)]
    [InlineData(PlantedError.ForgetsSecondPinReference)]
    [InlineData(PlantedError.OverlapIsInvalid)]
    public void A_model_that_counts_wrongly_disagrees_with_the_second(PlantedError planted)
    {
        for (ulong seed = 0; seed < ProgramsMax; seed++)
            if (Disagreement(seed, DialectName.S61, planted, out _) is not null)
                return;
        Assert.Fail($"{planted} was not seen in {ProgramsMax} programs");
    }

    [Fact]
    public void The_second_model_has_an_opinion_on_most_lines()
    {
        long lines = 0, judged = 0;
        for (ulong seed = 0; seed < 500; seed++)
        {
            Disagreement(seed, DialectName.S61, PlantedError.None, out var count);
            judged += count;
            lines += PagePrograms.Draw(seed, excludes: true).Program.Lines.Length;
        }
        Assert.True(judged > lines * 3 / 4, $"{judged} of {lines}");
    }

    /// <summary>
    /// The second model's answers as a history, which the first one must accept; up to the first line that the second has no opinion on.
    /// </summary>
    private static string? Disagreement(ulong seed, DialectName name, PlantedError planted, out int judged)
    {
        var drawn = PagePrograms.Draw(seed, excludes: name != DialectName.Blk3);
        var history = new History();
        for (judged = 0; judged < drawn.Program.Lines.Length; judged++)
        {
            var answer = judged < drawn.SetUpLines ? Answer.Ok() : drawn.Machine.Do(drawn.Program.Lines[judged].Operation);
            if (answer is null)
                break;
            history.Add(HistoryEvent.Called(judged, (ulong)(3 * judged)));
            history.Add(HistoryEvent.Answered(judged, answer.Value, (ulong)(3 * judged + 1)));
            history.Add(HistoryEvent.Settled((ulong)(3 * judged + 2)));
        }
        var count = judged;
        var program = new Program(drawn.Program.World, [.. drawn.Program.Lines.Take(count)]);
        return new Acceptor(Dialect.Of(name), Platform.Simulated, planted).Accept(program, history) is Acceptance.Disagrees disagrees
            ? $"seed {seed}, {name}: {disagrees}\n{ProgramText.Print(new ProgramDocument(program))}"
            : null;
    }
}
