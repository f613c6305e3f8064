using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// Memory that a process has locked itself counts in the VmLck that type1 charges, and in what its limit is compared with (type1-semantics 11,
/// corrections C7; mlock(2)).
/// </summary>
public sealed class OwnLockedMemoryTests
{
    private const string Four = "map 0 iova=0x0 size=0x4000 vaddr=page0 rw";
    private const string Limited = "capability drop; limit pages=";

    [Theory]
    [InlineData("mlock pages=3; observe", "0; 0 value=0x3")]
    [InlineData("mlock pages=3; mlock pages=2; observe", "0; 0 value=0x3")] // the first two are locked already
    [InlineData("mlock pages=3; mlock pages=5; observe", "0; 0 value=0x5")]
    [InlineData("mlock pages=100; observe", "0; 0 value=0x10")]
    [InlineData("mlock pages=3; munlock; observe", "0; 0")]
    [InlineData("mlock pages=3; " + Four + "; observe", "0; 0 value=0x7")]
    [InlineData("mlock pages=3; " + Four + "; munlock; observe", "0; 0 value=0x4")]
    [InlineData("mlock pages=3; " + Four + "; unmap 0 iova=0x0 size=0x4000; observe", "0 value=0x4000; 0 value=0x3")]
    [InlineData("mlock pages=3; exec; observe", "0; 0")]
    [InlineData("mlock pages=3; fork p1; p1.t0: observe", "0; 0")]
    public void VmLck_counts_both(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Scripted.Pci + calls, 2));

    [Theory]
    [InlineData(Limited + "0; mlock pages=1", "EPERM")]
    [InlineData(Limited + "0; mlock pages=0", "EPERM")]
    [InlineData("limit pages=0; mlock pages=1", "0")] // CAP_IPC_LOCK
    [InlineData(Limited + "3; mlock pages=3", "0")]
    [InlineData(Limited + "3; mlock pages=4", "ENOMEM")]
    [InlineData(Limited + "3; mlock pages=2; mlock pages=3", "0")] // one page more, not three
    [InlineData(Limited + "3; mlock pages=2; mlock pages=4", "ENOMEM")]
    [InlineData("mlock pages=3; " + Limited + "2; mlock pages=0", "ENOMEM")] // over the limit already
    [InlineData("mlock pages=3; " + Limited + "2; mlock pages=1", "ENOMEM")]
    [InlineData(Four + "; " + Limited + "5; mlock pages=1", "0")]
    [InlineData(Four + "; " + Limited + "5; mlock pages=2", "ENOMEM")] // type1's charges count for mlock
    [InlineData("mlock pages=1; " + Limited + "5; " + Four, "0")]
    [InlineData("mlock pages=2; " + Limited + "5; " + Four, "ENOMEM")] // and mlock's for type1
    [InlineData("mlock pages=2; " + Limited + "5; munlock; " + Four, "0")]
    public void One_limit_holds_for_both(string calls, string expected) => Assert.All(
        Dialect.Releases, dialect => Assert.Equal(expected, Scripted.Answers(dialect.Name, Scripted.Pci + calls, 1)));

    // Corrections C7: the optimistic check compares the attacher's VmLck with its own limit, and its capability does not help.
    [Theory]
    [InlineData(4, "ENOMEM")]
    [InlineData(8, "0")]
    public void What_the_attacher_has_locked_counts_at_replay(int limit, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.S61,
        Scripted.Mdev + "open group d0 at=1; capability drop; " + Four + $"; capability raise; mlock pages=4; limit pages={limit}; attach 1 0", 1));
}
