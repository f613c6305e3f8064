using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 12, charge: VmLck in pages after each step, for a 4-page writable mapping M of ordinary memory.</summary>
public sealed class ChargeTests
{
    private const string M = "map 0 iova=0x0 size=0x4000 vaddr=page0 rw; ";
    private const string Pin0 = "pin 13 iova=0x0 pages=1 rw; ";
    private const string Unpin0 = "unpin 13 iova=0x0 pages=1; ";
    private const string AttachP = "open group d0 at=1; attach 1 0; ";

    [Theory]
    [InlineData(Scripted.Mdev + M + "observe;" + Pin0 + Pin0 + Pin0 + "observe;" + Unpin0 + "observe;" + Unpin0 + Unpin0 + "observe", "0 1 1 0")]
    [InlineData(Scripted.Mdev + M + Pin0 + "observe;" + AttachP + "observe; detach 1; observe;" + Unpin0 + "observe", "1 4 1 0")]
    [InlineData(Scripted.Mdev + M + Pin0 + "observe;" + AttachP + "observe;" + Unpin0 + "observe; detach 1; observe", "1 4 4 0")]
    [InlineData(Scripted.Mdev + AttachP + M + "observe;" + Pin0 + "observe; unmap 0 iova=0x0 size=0x4000; observe", "4 4 0")]
    [InlineData(Scripted.Pci + M + "map 0 iova=0x10000 size=0x4000 vaddr=page0 rw; observe", "8")]
    [InlineData(Scripted.Pci + "open group d1 at=2; attach 2 0;" + M + "observe; detach 2; observe; detach 1; observe", "4 4 0")]
    [InlineData(Scripted.Pci + "limit pages=4;" + M + "observe", "4")]
    [InlineData(Scripted.Pci + "limit pages=3;" + M + "observe", "4")] // CAP_IPC_LOCK is raised
    [InlineData(Scripted.Pci + "capability drop; limit pages=4;" + M + "observe", "4")]
    [InlineData(Scripted.Pci + "capability drop; limit pages=3;" + M + "observe;" + "limit pages=4;" + M + "observe", "0 4")]
    [InlineData(Scripted.Mdev + "capability drop; limit pages=3;" + M + "pin 13 iova=0x0 pages=4 rw; observe; pin 13 iova=0x0 pages=3 rw; observe", "0 3")]
    [InlineData(Scripted.Mdev + M + "pin 13 iova=0x0 pages=4 rw; observe; close 13; observe", "4 0")]
    [InlineData(Scripted.Mdev + M + "pin 13 iova=0x0 pages=4 rw; observe; unmap 0 iova=0x0 size=0x4000; observe", "4 0")]
    [InlineData(Scripted.Mdev + M + "pin 13 iova=0x0 pages=1 rw; pin 13 iova=0x800 pages=1 rw; observe", "2")] // exact iovas
    public void Every_release_charges_alike(string calls, string expected)
    {
        foreach (var dialect in Dialect.Releases)
            Assert.Equal(expected, Locked(dialect.Name, calls));
    }

    [Theory]
    [InlineData(DialectName.S61, "4 0 0")]
    [InlineData(DialectName.Exc, "4 0 0")]
    [InlineData(DialectName.Blk3, "4 0 -4")]
    public void A_charge_dies_with_its_address_space(DialectName dialect, string expected) =>
        Assert.Equal(
            expected,
            Locked(dialect, Scripted.Pci + M + "observe; exec; observe; unmap 0 iova=0x0 size=0x4000; observe"));

    [Theory]
    [InlineData(DialectName.S61, "4 4 0 4 0")]
    [InlineData(DialectName.Exc, "4 4 0 4 0")]
    [InlineData(DialectName.Blk3, "4 4 0 0 -4")]
    public void The_new_image_takes_the_charge_over_with_the_vaddr(DialectName dialect, string expected) =>
        Assert.Equal(
            expected,
            Locked(
                dialect,
                Scripted.Pci + M + "observe; unmap 0 iova=0x0 size=0x4000 vaddr; observe; exec; observe;"
                + "map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe; unmap 0 iova=0x0 size=0x4000; observe"));

    // bug-zoo L8: nothing is taken back from a dead address space, so the mapping's count stays for the next owner.
    [Fact]
    public void What_is_unpinned_after_its_address_space_stays_in_the_mappings_count() => Assert.Equal("0 value=0x2", Scripted.Answers(
        DialectName.Waiting61, Scripted.Mdev + M + "pin 13 iova=0x0 pages=2 rw; exec; unpin 13 iova=0x0 pages=1; unmap 0 iova=0x0 size=0x4000 vaddr; "
            + "map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", 1));

    [Theory]
    [InlineData("", "0 value=0x4")] // what the iommu lets go
    [InlineData("map 0 iova=0x8000 size=0x1000 vaddr=0x0 rw; ", "0 value=0x4")] // what an attach that fails puts back
    public void What_is_let_go_after_its_address_space_stays_in_the_mappings_count(string second, string expected) => Assert.Equal(expected, Scripted.Answers(
        DialectName.Waiting61, Scripted.Mdev + M + "exec; " + second + AttachP + "detach 1; unmap 0 iova=0x0 size=0x4000 vaddr; "
            + "map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", 1));

    [Theory]
    [InlineData("capability drop; limit pages=3; map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", "ENOMEM; 0")]
    [InlineData("capability drop; limit pages=4; map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", "0; 0 value=0x4")]
    [InlineData("limit pages=3; map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", "0; 0 value=0x4")]
    public void An_owner_change_is_held_to_the_new_owners_limit(string calls, string expected) =>
        Assert.Equal(
            expected,
            Scripted.Answers(
                DialectName.S61, Scripted.Pci + M + "unmap 0 iova=0x0 size=0x4000 vaddr; exec; " + calls, 2));

    [Theory]
    [InlineData("capability drop; limit pages=3;" + M, "ENOMEM")]
    [InlineData("limit pages=3;" + M, "0")]
    [InlineData("capability drop; limit pages=3; munmap page2 pages=1;" + M, "EFAULT")] // the page is missed before the limit is met
    [InlineData("capability drop; limit pages=1; munmap page2 pages=1;" + M, "ENOMEM")]
    [InlineData("mmap page1 pages=1 anon-ro;" + M, "EFAULT")]
    [InlineData("mmap page1 pages=1 anon-ro; map 0 iova=0x0 size=0x4000 vaddr=page0 r", "0")]
    [InlineData("mmap page1 pages=1 no-access;" + M, "EFAULT")]
    [InlineData("mmap page1 pages=1 no-access; map 0 iova=0x0 size=0x4000 vaddr=page0 r", "EFAULT")]
    [InlineData("capability drop; limit pages=1; mmap page2 pages=1 no-access;" + M, "ENOMEM")]
    [InlineData("mmap page0 pages=4 shared;" + M, "0")]
    [InlineData("mmap page0 pages=4 file;" + M, "0")]
    public void A_map_meets_memory_and_limit_page_by_page(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Scripted.Pci + calls, 1));

    /// <summary>The observed values; the answers of an underflow are printed below zero.</summary>
    private static string Locked(DialectName dialect, string calls)
    {
        var program = Scripted.Parse(calls);
        var answers = Scripted.Expect(dialect, calls);
        return string.Join(
            ' ',
            answers.Where((_, line) => program.Lines[line].Operation.Kind == OperationKind.Observe)
                .Select(expected => (long)expected.AtOnce.Value));
    }
}
