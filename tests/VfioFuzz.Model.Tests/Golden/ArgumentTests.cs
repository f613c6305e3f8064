using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 0.3, 1.4 to 1.7: structs that are too short, too long, half there, or nowhere.</summary>
public sealed class ArgumentTests
{
    private const string Map = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw";
    private const string Gone = "; unmap 0 iova=0x0 size=0x0 all";

    // The call, its answer, and what ALL then removes.
    [Theory]
    [InlineData(Map + " argsz=31", "EINVAL; 0")]
    [InlineData(Map + " argsz=0", "EINVAL; 0")]
    [InlineData(Map + " argsz=32", "0; 0 value=0x2000")]
    [InlineData(Map + " argsz=0xffffffff", "0; 0 value=0x2000")]
    [InlineData(Map + " arg=null", "EFAULT; 0")]
    [InlineData(Map + " arg=unmapped", "EFAULT; 0")]
    [InlineData(Map + " arg=kernel", "EFAULT; 0")]
    [InlineData(Map + " arg=split", "EFAULT; 0")]
    [InlineData(Map + " argsz=31 arg=split", "EFAULT; 0")] // the copy comes before argsz
    [InlineData(Map + " argsz=64 arg=edge", "0; 0 value=0x2000")] // only the struct is read
    [InlineData(Map + " arg=odd", "0; 0 value=0x2000")]
    [InlineData(Map + " arg=readonly", "0; 0 value=0x2000")] // nothing is written back
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 flags=0x8 arg=null", "EFAULT; 0")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 argsz=23", "EINVAL; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 argsz=24", "0 value=0x2000; 0")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 argsz=25", "0 value=0x2000; 0")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 arg=split", "EFAULT; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 arg=edge", "0 value=0x2000; 0")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 arg=readonly", "EFAULT; 0")] // unmapped all the same
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x1000 arg=readonly", "EINVAL; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 vaddr all argsz=23", "EINVAL; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty", "EINVAL; 0 value=0x2000")] // 24 bytes have no bitmap
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty argsz=47 arg=edge", "EINVAL; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty argsz=48 arg=edge", "EFAULT; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty argsz=48 arg=edge bitmap=less", "EFAULT; 0 value=0x2000")] // it is copied in, then looked at
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty argsz=47 arg=edge bitmap=less", "EINVAL; 0 value=0x2000")]
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty all argsz=48 arg=edge", "EINVAL; 0 value=0x2000")] // flags before the bitmap
    [InlineData(Map + "; unmap 0 iova=0x0 size=0x2000 dirty argsz=48", "EINVAL; 0 value=0x2000")] // nothing is tracked
    public void Map_and_unmap(string call, string expected)
    {
        foreach (var dialect in (DialectName[])[DialectName.Blk3, DialectName.S61, DialectName.Exc])
            Assert.Equal(expected, Scripted.Answers(dialect, Scripted.Pci + call + Gone, 2));
    }

    [Theory]
    [InlineData("group-status 1 argsz=7", "EINVAL")]
    [InlineData("group-status 1 argsz=8", "0 value=0x3")]
    [InlineData("group-status 1 argsz=9", "0 value=0x3")]
    [InlineData("group-status 1 arg=split", "EFAULT")]
    [InlineData("group-status 1 argsz=7 arg=null", "EFAULT")]
    [InlineData("group-status 1 arg=edge", "0 value=0x3")]
    [InlineData("group-status 1 arg=readonly", "EFAULT")]
    [InlineData("open container at=5; open group d1 at=6; attach 6 9 arg=null", "EFAULT")] // before the fd is looked up
    [InlineData("open container at=5; open group d1 at=6; attach 6 5 arg=readonly", "0")]
    [InlineData("get-device 1 d1 at=9 arg=split", "EFAULT")] // before the name is looked up
    [InlineData("get-device 1 d0 at=9 arg=edge", "0")]
    [InlineData("attach 0 0 arg=null", "ENOTTY")] // the file comes first
    [InlineData("attach 9 0 arg=null", "EBADF")]
    public void Groups(string call, string expected)
    {
        foreach (var dialect in Dialect.All)
            Assert.Equal(expected, Scripted.Answers(dialect.Name, Scripted.Pci + call, 1));
    }

    // Answers of S61 and EXC: v6.6 aligned the capabilities.
    [Theory]
    [InlineData("get-info 0 summary argsz=15", "EINVAL", "EINVAL")]
    [InlineData("get-info 0 summary argsz=15 arg=null", "EFAULT", "EFAULT")]
    [InlineData("get-info 0 summary argsz=16", "0 value=0x30074", "0 value=0x30078")]
    [InlineData("get-info 0 summary argsz=115", "0 value=0x30074", "0 value=0x30078")]
    [InlineData("get-info 0 summary argsz=116", "0 value=0xffff02730074", "0 value=0x30078")]
    [InlineData("get-info 0 summary argsz=120", "0 value=0xffff02730078", "0 value=0xffff02730078")]
    [InlineData("get-info 0 summary argsz=0xffffffff", "0 value=0xffff0273ffff", "0 value=0xffff0273ffff")]
    [InlineData("get-info 0 pgsizes argsz=16", "0 value=0x40201000", "0 value=0x40201000")]
    [InlineData("get-info 0 chain argsz=16", "0 value=0xaaaa", "0 value=0xaaaa")]
    [InlineData("get-info 0 chain argsz=17", "0 value=0xaaaa", "0 value=0xaa00")]
    [InlineData("get-info 0 chain argsz=20", "0", "0")]
    [InlineData("get-info 0 chain argsz=4096", "0 value=0x1144133812180018", "0 value=0x1148133812180018")]
    [InlineData("get-info 0 migration argsz=4096", "0 value=0x10000000010c00", "0 value=0x10000000010c00")]
    [InlineData("get-info 0 first1 argsz=16", "0", "0")] // what does not fit is not there
    [InlineData("get-info 0 last1 argsz=16", "0", "0")]
    [InlineData("get-info 0 migration argsz=16", "0", "0")]
    [InlineData("get-info 0 chain argsz=18", "0 value=0xaaaa", "0")]
    [InlineData("get-info 0 summary argsz=20 arg=edge", "EFAULT", "EFAULT")]
    [InlineData("get-info 0 first1 argsz=4096", "0 value=0xfef00000", "0 value=0xfef00000")]
    [InlineData("get-info 0 last0 argsz=4096", "0 value=0xfedfffff", "0 value=0xfedfffff")]
    [InlineData("get-info 0 last1 argsz=4096", "0 value=0x7fffffffff", "0 value=0x7fffffffff")]
    [InlineData("get-info 0 last2 argsz=4096", "0", "0")]
    [InlineData("get-info 0 padding argsz=16", "0 value=0xaaaaaaaa", "0 value=0xaaaaaaaa")]
    [InlineData("get-info 0 padding argsz=20", "0 value=0xaaaaaaaa", "0 value=0xaaaaaaaa")]
    [InlineData("get-info 0 padding argsz=21", "0 value=0xaaaaaaaa", "0 value=0xaaaaaa00")]
    [InlineData("get-info 0 padding argsz=24", "0 value=0xaaaaaaaa", "0")]
    [InlineData("get-info 0 padding argsz=4096", "0 value=0x10001aaaaaaaa", "0")]
    [InlineData("get-info 0 summary argsz=19 arg=edge", "0 value=0x30074", "EFAULT")]
    [InlineData("get-info 0 summary argsz=16 arg=edge", "0 value=0x30074", "0 value=0x30078")]
    [InlineData("get-info 0 summary argsz=4096 arg=edge", "EFAULT", "EFAULT")]
    [InlineData("get-info 0 summary argsz=16 arg=readonly", "EFAULT", "EFAULT")]
    [InlineData("map 0 iova=0x0 size=0x2000 vaddr=page0 rw; get-info 0 summary argsz=4096", "0 value=0xfffe02731000", "0 value=0xfffe02731000")]
    public void Info_of_an_iommu_backed_container(string calls, string old, string aligned)
    {
        Assert.Equal(old, Scripted.Answers(DialectName.S61, Scripted.Pci + calls, 1));
        Assert.Equal(aligned, Scripted.Answers(DialectName.Exc, Scripted.Pci + calls, 1));
    }

    [Theory]
    [InlineData("get-info 0 summary argsz=68", "0 value=0xffff00330044")]
    [InlineData("get-info 0 summary argsz=67", "0 value=0x30044")]
    [InlineData("get-info 0 pgsizes argsz=16", "0 value=0xfffffffffffff000")]
    [InlineData("get-info 0 chain argsz=68", "0 value=0x133812180018")]
    [InlineData("get-info 0 padding argsz=68", "0 value=0xaaaaaaaaaaaaaaaa")]
    [InlineData("get-info 0 last0 argsz=4096", "0")]
    [InlineData("open group d0 at=1; attach 1 0; detach 1; get-info 0 summary argsz=4096", "0 value=0xffff01731000")] // L13: one range
    [InlineData("open group d0 at=1; attach 1 0; detach 1; get-info 0 last0 argsz=4096", "0 value=0xffffffffffffffff")]
    [InlineData("open group d0 at=1; attach 1 0; detach 1; get-info 0 pgsizes argsz=16", "0 value=0xfffffffffffff000")]
    public void Info_without_a_domain(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Scripted.Mdev + calls, 1));
}
