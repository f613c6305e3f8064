using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>What each planted error makes of a model, to the last answer: a planted error that did more would be found too easily.</summary>
public sealed class PlantedErrorTests
{
    private const string Two = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; map 0 iova=0x2000 size=0x1000 vaddr=page2 rw; map 0 iova=0x3000 size=0x1000 vaddr=page3 rw; ";

    // The last answers: of the model, and of the planted one.
    [Theory]
    [InlineData(PlantedError.ReportsSizeOfFirstMappingOnly, Scripted.Pci + Two + "unmap 0 iova=0x0 size=0x4000", "0x4000", "0x2000")]
    [InlineData(PlantedError.ReportsSizeOfFirstMappingOnly, Scripted.Pci + Two + "unmap 0 iova=0x2000 size=0x1000", "0x1000", "0x1000")]
    [InlineData(PlantedError.ForgetsChargeOfSecondMap, Scripted.Pci + Two + "observe", "0x4", "0x2")]
    [InlineData(PlantedError.ForgetsChargeOfSecondMap, Scripted.Mdev + Two + "pin 13 iova=0x0 pages=4 rw; observe", "0x4", "0x4")]
    [InlineData(PlantedError.ForgetsSecondPinReference, Scripted.Mdev + Two + "pin 13 iova=0x0 pages=1 rw; pin 13 iova=0x0 pages=1 rw; unpin 13 iova=0x0 pages=1; observe",
        "0x1", "0x0")]
    [InlineData(PlantedError.OverlapIsInvalid, Scripted.Pci + Two + "map 0 iova=0x0 size=0x1000 vaddr=page0 rw", "EEXIST", "EINVAL")]
    public void A_planted_error_changes_one_answer(PlantedError planted, string calls, string right, string wrong)
    {
        Assert.True(Accepts(PlantedError.None, calls, right));
        Assert.True(Accepts(planted, calls, wrong));
        Assert.Equal(right == wrong, Accepts(planted, calls, right));
    }

    private static bool Accepts(PlantedError planted, string calls, string last)
    {
        var program = Scripted.Parse(calls);
        var before = new Predictor(Dialect.Of(DialectName.S61), Platform.Simulated).Expect(program).SkipLast(1).Select(expected => expected.AtOnce);
        var answer = last.StartsWith("0x", StringComparison.Ordinal) ? Answer.Ok(Convert.ToUInt64(last, 16)) : Answer.Fails(Enum.Parse<Errno>(last));
        return new Acceptor(Dialect.Of(DialectName.S61), Platform.Simulated, planted).Accept(program, Scripted.Recorded([.. before, answer]))
            is Acceptance.Accepted;
    }
}
