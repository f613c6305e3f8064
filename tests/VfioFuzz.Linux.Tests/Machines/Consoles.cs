using VfioFuzz.Linux.Machines;

namespace VfioFuzz.Linux.Tests.Machines;

/// <summary>Complaints of a kernel are told from ordinary talk.</summary>
public sealed class Consoles : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData("[    1.234567] vfio_pci: add [1b36:0007[ffffffff:ffffffff]] class 0x000000/00000000", false)]
    [InlineData("[    1.234567] WARNING: CPU: 0 PID: 80 at kernel/kthread.c:75 kthread_should_stop+0x29/0x30", true)]
    [InlineData("[   10.000000] BUG: KASAN: use-after-free in vfio_dma_do_unmap+0x1/0x2", true)]
    [InlineData("[   10.000000] BUG: unable to handle page fault for address: ffff888000000000", true)]
    [InlineData("[   10.000000] WARNING: possible circular locking dependency detected", true)]
    [InlineData("[   10.000000] INFO: task init:80 blocked for more than 120 seconds.", true)]
    [InlineData("[   10.000000] kernel BUG at drivers/vfio/vfio_iommu_type1.c:1000!", true)]
    [InlineData("[   10.000000] Kernel panic - not syncing: Fatal exception", true)]
    [InlineData("vfiofuzz: WARNING: is only quoted by the executor", false)]
    [InlineData("[   10.000000] Oopsie daisy", false)]
    public void A_complaint_is_recognised(string line, bool complaint)
    {
        using var console = Armed();
        File.AppendAllText(path, line + "\r\n");
        Assert.Equal(complaint, console.HasReport());
    }

    [Fact]
    public void A_report_has_what_followed_and_no_times()
    {
        using var console = Armed();
        File.AppendAllLines(path, ["[    3.1] ordinary", "[    4.500000] WARNING: CPU: 0", "[    4.600000] Call Trace:"]);
        Assert.Equal("WARNING: CPU: 0\nCall Trace:\n", console.TakeReport());
        Assert.False(console.HasReport());
    }

    [Fact]
    public void What_was_said_while_booting_is_no_complaint()
    {
        File.WriteAllText(path, "[    0.1] WARNING: CPU: 0\n");
        using var console = Armed();
        Assert.False(console.HasReport());
        Assert.Contains("WARNING", console.Tail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_comes_in_pieces_is_one_line()
    {
        using var console = Armed();
        File.AppendAllText(path, "[    9.0] Kernel pa");
        Assert.False(console.HasReport());
        File.AppendAllText(path, "nic - not syncing\n");
        Assert.Equal("Kernel panic - not syncing\n", console.TakeReport());
    }

    private GuestConsole Armed()
    {
        var console = new GuestConsole(path);
        console.Arm();
        return console;
    }
}
