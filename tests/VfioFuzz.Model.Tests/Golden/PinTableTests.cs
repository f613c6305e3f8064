using VfioFuzz.Model.Memory;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>The pins of several mappings in one table (type1-semantics 2.3 I5).</summary>
public sealed class PinTableTests
{
    private const int First = 0;
    private const int Second = 1;

    // Whose each pin is, in the order they were made, and which one's mapping goes.
    [Theory]
    [InlineData("0 1 0", First, "1")]
    [InlineData("0 1 0", Second, "0 0")]
    [InlineData("1 0 0 1", First, "1 1")]
    [InlineData("0 0", First, "")]
    [InlineData("1", First, "1")]
    public void A_mapping_that_goes_takes_its_own_pins_along(string owners, int goes, string left)
    {
        var box = new Judging.StateBox();
        ref var state = ref box.State;
        state.Reset(Platform.Simulated);
        ulong iova = 0;
        foreach (var owner in Owners(owners))
            PinTable.Add(ref state, owner, iova += Limits.PageSize, frame: 1);
        PinTable.Leak(ref state, goes);

        Assert.Equal(Owners(left), ((ReadOnlySpan<ExternalPin>)state.Pins)[..state.PinCount].ToArray().Select(pin => (int)pin.Mapping));
        Assert.Equal(0, state.Mappings[goes].PinCount);
        Assert.Equal(Owners(left).Length, state.Mappings[First].PinCount + state.Mappings[Second].PinCount);
    }

    private static int[] Owners(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
