using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 6, and the harness's contract of process operations.</summary>
public sealed class ProcessTests
{
    private const string M = "map 0 iova=0x0 size=0x4000 vaddr=page0 rw; ";

    [Theory]
    [InlineData("p1.t0: observe", "not-run")]
    [InlineData("fork p1; p1.t0: observe", "0")] // the child starts with nothing locked
    [InlineData("fork p1; fork p1", "not-run")]
    [InlineData("fork p1; kill p1; fork p1", "not-run")]
    [InlineData("fork p1; kill p1; kill p1", "ESRCH")]
    [InlineData("kill p2", "ESRCH")]
    [InlineData("fork p1; p1.t0: exit; p1.t0: observe", "not-run")]
    [InlineData("fork p1; p1.t0: map 0 iova=0x4000 size=0x4000 vaddr=page4 rw; p1.t0: observe", "0 value=0x4")]
    [InlineData("fork p1; p1.t0: unmap 0 iova=0x0 size=0x4000; observe", "0")] // uncharges the mapper
    [InlineData("fork p1; p1.t0: map 0 iova=0x4000 size=0x4000 vaddr=page4 rw; p1.t0: exit; unmap 0 iova=0x0 size=0x0 all", "0 value=0x8000")]
    [InlineData("fork p1; exit; p1.t0: unmap 0 iova=0x0 size=0x4000", "0 value=0x4000")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 vaddr; fork p1; p1.t0: map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; p1.t0: observe", "0 value=0x4")]
    [InlineData("unmap 0 iova=0x0 size=0x4000 vaddr; fork p1; p1.t0: map 0 iova=0x0 size=0x4000 vaddr=page0 vaddr; observe", "0")]
    [InlineData("p0.t1: exec; p0.t0: observe", "not-run")]
    [InlineData("p0.t0: exec; p0.t0: observe", "0")]
    [InlineData("p0.t0: exec; map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")] // the container survives exec
    [InlineData("dup 0 at=5 cloexec; exec; map 5 iova=0x4000 size=0x1000 vaddr=page0 rw", "EBADF")]
    [InlineData("dup 0 at=5 cloexec; close 5; dup 0 at=5; exec; map 5 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")] // the flag goes with the fd
    [InlineData("dup 0 at=4 cloexec; dup 0 at=5; dup 0 at=6 cloexec; close 5; exec; map 4 iova=0x4000 size=0x1000 vaddr=page0 rw", "EBADF")]
    [InlineData("dup 0 at=4 cloexec; dup 0 at=5; dup 0 at=6 cloexec; close 5; exec; map 6 iova=0x4000 size=0x1000 vaddr=page0 rw", "EBADF")]
    [InlineData("dup 0 at=5; exec; map 5 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("write page0; exec; read page0", "0 value=0xa0")]
    [InlineData("mmap page0 pages=1 shared; write page0; exec; mmap page0 pages=1 shared; read page0", "0 value=0x7")]
    [InlineData("mmap page0 pages=1 file; fork p1; p1.t0: write page0; read page0", "0 value=0x8")]
    [InlineData("fork p1; p1.t0: write page0; read page0", "0 value=0xa0")]
    [InlineData("munmap page3 pages=1; fork p1; p1.t0: read page3", "EFAULT")]
    [InlineData("mmap page3 pages=1 anon-ro; fork p1; p1.t0: read page3", "0 value=0x6")]
    [InlineData("mmap page3 pages=1 anon; read page3", "0 value=0x6")]
    [InlineData("mmap page3 pages=1 shared; read page3", "0")]
    [InlineData("mmap page3 pages=1 anon-ro; write page3", "EFAULT")]
    [InlineData("mmap page3 pages=1 no-access; read page3", "EFAULT")]
    [InlineData("mmap page3 pages=1 no-access; write page3", "EFAULT")]
    [InlineData("mmap page3 pages=1 no-access; mmap page3 pages=1 anon; read page3", "0 value=0x7")]
    [InlineData("munmap page3 pages=1; read page3", "EFAULT")]
    [InlineData("munmap page3 pages=0", "EINVAL")]
    [InlineData("fork p1; capability drop; p1.t0: limit pages=0; p1.t0: map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("capability drop; fork p1; p1.t0: limit pages=0; p1.t0: map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "ENOMEM")]
    [InlineData("capability drop; limit pages=0; p0.t1: map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")] // each thread has its own
    [InlineData("p0.t1: capability drop; limit pages=0; map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("p0.t1: capability drop; limit pages=0; p0.t1: map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "ENOMEM")]
    [InlineData("capability drop; exec; limit pages=0; map 0 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")] // exec raises it
    [InlineData("send-fd 0 p0; close 0; recv-fd at=5; map 5 iova=0x4000 size=0x1000 vaddr=page0 rw", "0")]
    [InlineData("recv-fd at=5", "EAGAIN")]
    [InlineData("send-fd 9 p0", "EBADF")]
    [InlineData("send-fd 0 p1", "ESRCH")]
    [InlineData("send-fd 0 p0; send-fd 0 p0; send-fd 0 p0; send-fd 0 p0; send-fd 0 p0", "EAGAIN")]
    [InlineData("send-fd 1 p0; close 1; open group d0 at=6", "EBUSY")] // a message holds its file
    [InlineData("change-mm 0", "ENOTTY")]
    public void Processes_share_files_and_own_memory(string calls, string expected)
    {
        foreach (var dialect in Dialect.Releases.Where(dialect => dialect.ChangesOwner))
            Assert.Equal(expected, Scripted.Answers(dialect.Name, Scripted.Pci + M + calls, 1));
    }

    [Fact]
    public void A_replay_takes_the_attachers_pages_and_charges_the_mapper()
    {
        const string Calls = Scripted.Mdev + M + "open group d0 at=1; fork p1; p1.t0: write page0; "
            + "p1.t0: attach 1 0; p1.t0: get-device 1 d0 at=11; p1.t0: dma d0 read iova=0x0; observe; p1.t0: observe";
        Assert.Equal("0 value=0x9; 0 value=0x4; 0", Scripted.Answers(DialectName.S61, Calls, 3)); // bug-zoo L1
    }

    [Fact]
    public void A_dead_mapper_makes_a_blocking_dialects_replay_fail()
    {
        const string Calls = Scripted.Mdev + M + "open group d0 at=1; fork p1; exit; p1.t0: attach 1 0";
        Assert.Equal("ESRCH", Scripted.Answers(DialectName.Blk3, Calls, 1));
        Assert.Equal("0", Scripted.Answers(DialectName.S61, Calls, 1));
    }

    [Theory]
    [InlineData("p0.t0: exec", "0 value=0x1")] // pins go through the new image's memory
    [InlineData("p0.t1: exec", "ENODEV")] // the old leader's task is gone
    [InlineData("p0.t1: exec; p0.t1: unmap 0 iova=0x0 size=0x4000; p0.t1: map 0 iova=0x0 size=0x4000 vaddr=page0 rw; p0.t1: exec", "0 value=0x1")]
    public void A_blocking_dialect_pins_through_the_mapper_task(string exec, string expected)
    {
        var thread = exec.Contains("t1", StringComparison.Ordinal) ? "p0.t1:" : "p0.t0:";
        Assert.Equal(expected, Scripted.Answers(
            DialectName.Blk3, Scripted.Mdev + M + $"{exec}; {thread} pin 13 iova=0x0 pages=1 rw", 1));
    }
}
