using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests;

/// <summary>Which programs can have a process wait for its own device, or for another one that waits for it (OU-1).</summary>
public sealed class OwnUnbindTests
{
    private const string World = "vprog 1\nworld d0 mdev driver(by=worker)  d1 mdev driver(by=worker)\n";

    /// <summary>p0 opens d0 at 3, and d1 at 4.</summary>
    private const string Opened = "p0.t0: get-device 1 d0 at=3; p0.t0: get-device 2 d1 at=4; ";

    [Theory]
    [InlineData(Opened + "p0.t0: unbind d0", true)]
    [InlineData("p0.t0: get-device 1 d0 at=3; p0.t0: unbind d1", false)]
    [InlineData("p0.t0: fork p1; " + Opened + "p1.t0: unbind d0", false)] // a bystander waits for the other's close
    [InlineData(Opened + "p0.t0: fork p1; p1.t0: unbind d0", true)] // a child has its parent's files
    [InlineData(Opened + "p0.t0: fork p1; p1.t0: close 3; p1.t0: unbind d0", false)]
    [InlineData(Opened + "p0.t0: fork p1; p1.t0: dup 3 at=5; p1.t0: close 3; p1.t0: unbind d0", true)]
    [InlineData(Opened + "p0.t0: fork p1; p0.t0: close 3; p0.t0: unbind d0", false)]
    [InlineData("p0.t0: unbind d0; " + Opened, false)] // nobody had it open: it was over before
    [InlineData("p0.t0: fork p1; p0.t0: get-device 1 d0 at=3; p1.t0: unbind d0; p1.t1: get-device 1 d0 at=3", true)] // the release may list it still
    [InlineData("p0.t0: fork p1; p0.t0: get-device 1 d0 at=3; p1.t0: get-device 1 d1 at=4; p0.t0: unbind d1; p1.t0: unbind d0", true)] // each for the other
    [InlineData("p0.t0: fork p1; p0.t0: get-device 1 d0 at=3; p1.t0: get-device 1 d1 at=4; p1.t0: unbind d0; p0.t0: close 3; p0.t0: unbind d1", false)]
    [InlineData("p0.t0: fork p1; p0.t0: get-device 1 d0 at=3; p0.t0: send-fd 3 p1; p0.t0: close 3; p1.t0: unbind d0", true)] // in a message
    [InlineData("p0.t0: fork p1; par {; p0.t0: get-device 1 d0 at=3; p1.t0: unbind d0; }; p0.t0: fork p2; p2.t0: unbind d0", true)]
    [InlineData("p0.t0: get-device 1 d0 at=3; par {; p0.t0: close 3; p0.t1: unbind d0; }", true)] // who comes first is open
    public void A_circle_needs_a_waiter_that_keeps_what_is_waited_for(string lines, bool isPossible) =>
        Assert.Equal(isPossible, OwnUnbinds.CanHappen(Parse(lines)));

    [Theory]
    [InlineData("stuck", "unbind @ vfio_unregister_group_dev", true)]
    [InlineData("deadlock", "unbind @ vfio_unregister_group_dev", true)]
    [InlineData("stuck", "unbind", false)] // asleep, not undead
    [InlineData("stuck", "close @ vfio_unregister_group_dev", false)]
    public void It_is_known_by_where_it_waits(string rule, string place, bool isKnown) => Assert.Equal(
        isKnown,
        KnownDefects.OwnUnbind.Explains(new SeenViolation(new FindingKey(rule, Grade.None, place), null, Parse(Opened + "p0.t0: unbind d0"), [])));

    private static Program Parse(string lines) =>
        ProgramText.Parse(World + lines.Replace("; ", "\n", StringComparison.Ordinal).Replace("{;", "{", StringComparison.Ordinal), "test.vprog").Program;
}
