using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 1.7 and 1.6 rows 3, 4, 10, 12: mappings A=[0,2p) and B=[3p,5p), and what is dirty of them.</summary>
public sealed class DirtyTests
{
    private const string A = "map 0 iova=0x0 size=0x2000 vaddr=page0 rw; ";
    private const string B = "map 0 iova=0x3000 size=0x2000 vaddr=page3 rw; ";
    private const string Start = "dirty-pages 0 iova=0x0 size=0x0 start; ";
    private const string Stop = "dirty-pages 0 iova=0x0 size=0x0 stop; ";
    private const string Get = "dirty-pages 0 iova=0x0 size=0x5000 get";
    /// <summary>64 pages whose last one is the window's last.</summary>
    private const string Last64 = "map 0 iova=0x0 size=0x40000 vaddr=0xffffd0000 rw; ";

    private const string Mdev = Scripted.Mdev + A + B;
    private const string Pin = "pin 13 iova=0x4000 pages=1 rw; ";

    [Theory]
    [InlineData(Mdev + Get, "EINVAL")] // not tracked
    [InlineData(Mdev + Start + Get, "0")]
    [InlineData(Mdev + Start + Start + Stop + Stop + Get, "EINVAL")]
    [InlineData(Mdev + Start + Pin + Get, "0 value=0x10")]
    [InlineData(Mdev + Pin + Start + Get, "0 value=0x10")] // what is pinned at START is dirty
    [InlineData(Mdev + Start + Pin + "dirty-pages 0 iova=0x3000 size=0x2000 get; " + Get, "0 value=0x10")] // and stays so
    [InlineData(Mdev + Start + Pin + "unpin 13 iova=0x4000 pages=1; " + Get, "0 value=0x10")] // unpin leaves the bit
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x1000 size=0x1; " + Get, "0 value=0x2")]
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x0 size=0x2000; " + Get, "0 value=0x3")]
    [InlineData(Mdev + Start + "dma-rw 13 read iova=0x1000 size=0x1; " + Get, "0")]
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x1000 size=0x1; " + Get + "; " + Get, "0")] // read clean
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x1000 size=0x1; " + Stop + Start + Get, "0")]
    [InlineData(Mdev + Start + "open group d0 at=1; attach 1 0; " + Get, "0 value=0x1b")] // the fully dirty rule
    [InlineData(Mdev + Start + "open group d0 at=1; attach 1 0; detach 1; " + Get, "0 value=0x1b")]
    [InlineData(Mdev + Start + "open group d0 at=1; attach 1 0; detach 1; dirty-pages 0 iova=0x0 size=0x2000 get; " + Get, "0 value=0x18")]
    [InlineData(Scripted.Pci + A + B + Start + Get, "0 value=0x1b")]
    [InlineData(Scripted.Pci + A + B + Start + "dirty-pages 0 iova=0x0 size=0x40000 get", "0 value=0x1b")]
    [InlineData(Scripted.Pci + A + B + Start + "dirty-pages 0 iova=0x0 size=0x41000 get", "0 value=0x1b")] // nothing is written behind the first word
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x0 size=0x4000 get", "EINVAL")] // cuts B
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x1000 size=0x4000 get", "EINVAL")] // cuts A
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x2000 size=0x1000 get", "0")]
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x0 size=0x0 get", "EINVAL")]
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x800 size=0x2000 get", "EINVAL")]
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x2000 size=0xffffffffffffe000 get", "EINVAL")] // ends at 2^64
    [InlineData(Mdev + Start + Get + " pgsize=0x2000", "EINVAL")]
    [InlineData(Mdev + Start + Get + " bitmap=less", "EINVAL")]
    [InlineData(Mdev + Start + Get + " bitmap=most", "0")]
    [InlineData(Mdev + Start + Get + " bitmap=too-much", "EINVAL")]
    [InlineData(Mdev + Start + Get + " data=kernel", "EINVAL")]
    [InlineData(Mdev + Start + Get + " data=null", "EFAULT")]
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x2000 size=0x3000 get data=null", "EFAULT")] // within a word, which is read first
    [InlineData(Mdev + Start + "dirty-pages 0 iova=0x2000 size=0x1000 get data=null", "0")] // nothing to copy
    [InlineData(Mdev + Start + Get + " data=readonly", "EFAULT")]
    [InlineData(Mdev + "dirty-pages 0 iova=0x0 size=0x0 start argsz=8", "0")]
    [InlineData(Mdev + Start + "pin 13 iova=0x3fff pages=1 rw; " + Get, "0 value=0x8")] // a pin is one page's, wherever it begins in it
    [InlineData(Mdev + "pin 13 iova=0x3fff pages=1 rw; " + Start + Get, "0 value=0x8")]
    [InlineData(Mdev + "map 0 iova=0x2000 size=0x1000 vaddr=page2 rw; " + Start + "pin 13 iova=0x2000 pages=1 rw; dirty-pages 0 iova=0x0 size=0x2000 get", "0")] // right behind the range
    [InlineData(Mdev + "map 0 iova=0x2000 size=0x1000 vaddr=page2 rw; " + Start + "pin 13 iova=0x2000 pages=1 rw; dirty-pages 0 iova=0x2000 size=0x1000 get", "0 value=0x1")]
    [InlineData(Mdev + Start + Get + " argsz=47", "EINVAL")]
    [InlineData(Mdev + Start + Get + " argsz=48", "0")]
    [InlineData(Scripted.Mdev + Last64 + Start + "pin 13 iova=0x3f000 pages=1 rw; dirty-pages 0 iova=0x0 size=0x40000 get", "0 value=0x8000000000000000")]
    [InlineData(Mdev + Start + Get + " arg=edge", "EFAULT")]
    [InlineData(Mdev + Start + Get + " argsz=47 arg=edge", "EINVAL")] // argsz before the range is copied in
    [InlineData(Mdev + "dirty-pages 0 iova=0x0 size=0x0 start argsz=7", "EINVAL")]
    [InlineData(Mdev + "dirty-pages 0 iova=0x0 size=0x0 start arg=split", "EFAULT")]
    [InlineData(Mdev + "dirty-pages 0 iova=0x0 size=0x0 start stop", "EINVAL")]
    [InlineData(Mdev + "dirty-pages 0 iova=0x0 size=0x0 flags=0x0", "EINVAL")]
    [InlineData(Mdev + "dirty-pages 0 iova=0x0 size=0x0 flags=0x8", "EINVAL")]
    [InlineData(Mdev + "map 0 iova=0x100000 size=0x80000000000 vaddr=page0 rw; dirty-pages 0 iova=0x0 size=0x0 start", "EINVAL")] // 2^31 pages
    [InlineData(Mdev + Start + "map 0 iova=0x100000 size=0x80000000000 vaddr=page0 rw", "EINVAL")]
    [InlineData(Mdev + Start + "unmap 0 iova=0x0 size=0x5000 dirty argsz=48", "0 value=0x4000000000000")]
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x3000 size=0x1; unmap 0 iova=0x0 size=0x5000 dirty argsz=48", "0 value=0x4000000000008")]
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x0 size=0x1; dma-rw 13 write iova=0x3000 size=0x1; unmap 0 iova=0x0 size=0x5000 dirty argsz=48",
        "0 value=0x4000000000009")]
    [InlineData(Mdev + Start + Pin + "unmap 0 iova=0x0 size=0x5000 dirty argsz=48", "0 value=0x4000000000010")] // after the callback
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x3000 size=0x1; unmap 0 iova=0x0 size=0x30000 dirty argsz=48", "0 value=0x4000000000008")]
    [InlineData(Mdev + Start + "dma-rw 13 write iova=0x3000 size=0x1; unmap 0 iova=0x0 size=0x31000 dirty argsz=48", "0 value=0x4000000000008")]
    [InlineData(Mdev + Start + "unmap 0 iova=0x0 size=0x5000 dirty argsz=48 data=null", "EFAULT")]
    [InlineData(Mdev + Start + "unmap 0 iova=0x0 size=0x5000 dirty argsz=48 pgsize=0x1 bitmap=most", "EINVAL")]
    public void Dirty_pages(string calls, string expected) => Assert.Equal(expected, Scripted.Answers(DialectName.S61, calls, 1));

    [Theory]
    // B lies at bit 3 of the range: what its copy shifts in stays behind B's own two bits, and the next read shows it.
    [InlineData(Get + "; dirty-pages 0 iova=0x3000 size=0x2000 get", "0 value=0x18")]
    [InlineData(Get + "; " + Get, "0 value=0xc0")]
    // A copy that faults has shifted already.
    [InlineData("dirty-pages 0 iova=0x2000 size=0x3000 get data=readonly; dirty-pages 0 iova=0x3000 size=0x2000 get", "0 value=0x6")]
    public void A_mapping_within_a_word_leaves_shifted_bits(string calls, string expected) => Assert.Equal(
        expected, Scripted.Answers(DialectName.S61, Mdev + Start + "dma-rw 13 write iova=0x3000 size=0x2000; " + calls, 1));

    // A bitmap that ends within reach of its mapping's last word, or before it: one word, 511 words, and 512.
    [Theory]
    [InlineData(64, "edge", "0")]
    [InlineData(65, "edge", "EFAULT")]
    [InlineData(64 * 511, "odd", "0")]
    [InlineData(64 * 511 + 1, "odd", "EFAULT")]
    [InlineData(64 * 512, "good", "0")]
    [InlineData(64 * 512 + 1, "good", "EFAULT")]
    public void A_bitmap_is_written_up_to_its_mappings_last_word(int pages, string data, string expected) => Assert.Equal(
        expected, Scripted.Answers(
            DialectName.S61, Scripted.Mdev + $"map 0 iova=0x0 size=0x{pages * 0x1000L:x} vaddr=page0 rw; " + Start
                + $"dirty-pages 0 iova=0x0 size=0x{pages * 0x1000L:x} get" + (data == "good" ? "" : " data=" + data), 1));

    // What was in the bitmap: a hole keeps it, a mapping at a word's start overwrites its words, one within a word takes the whole word over.
    [Theory]
    [InlineData("dirty-pages 0 iova=0x2000 size=0x1000 get bits=ones", "0 value=0xffffffffffffffff")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x2000 get bits=ones", "0")]
    [InlineData("dirty-pages 0 iova=0x2000 size=0x3000 get bits=stripes", "0 value=0xaaaaaaaaaaaaaaaa")]
    [InlineData("dirty-pages 0 iova=0x0 size=0x5000 get bits=stripes", "0")] // A has cleared the word before B takes it over
    [InlineData("dirty-pages 0 iova=0x2000 size=0x3000 get bits=sparse; dirty-pages 0 iova=0x3000 size=0x2000 get", "0 value=0x101010101010100")] // less B's two
    [InlineData("dirty-pages 0 iova=0x2000 size=0x1000 get bits=ones data=readonly", "0")] // a page that is only read holds zeros
    public void Bits_that_were_there(string calls, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Mdev + Start + calls, 1));

    [Theory]
    [InlineData("get pgsize=0x0", "EINVAL")]
    [InlineData("get pgsize=0x1001", "EINVAL")]
    [InlineData("get bytes=0x8", "0")]
    [InlineData("get bytes=0x7", "EINVAL")]
    [InlineData("get bytes=0x10000000 bitmap=less", "0")] // bytes, whatever the range
    [InlineData("get bytes=0x10000001", "EINVAL")]
    [InlineData("get bytes=0xffffffffffffffff", "EINVAL")]
    [InlineData("get argsz=0xfffffffe", "0")]
    [InlineData("get argsz=0x1234567", "0")]
    [InlineData("flags=0xffffffff", "EINVAL")]
    public void Raw_sizes(string get, string expected) =>
        Assert.Equal(expected, Scripted.Answers(DialectName.S61, Mdev + Start + "dirty-pages 0 iova=0x0 size=0x5000 " + get, 1));

    // The first mapping's last page is bit 3 of the second word; the second mapping has that word or-ed into its own, and shows it alone.
    [Fact]
    public void A_mapping_over_two_words_leaves_bits_in_the_next() => Assert.Equal($"0 value=0x{unchecked(8 * BitmapDigest.Base):x}; 0 value=0x8", Scripted.Answers(
        DialectName.S61, Scripted.Mdev + "map 0 iova=0x8000 size=0x3c000 vaddr=0xffffd4000 rw; map 0 iova=0x44000 size=0x2000 vaddr=page0 rw; " + Start
            + "pin 13 iova=0x43000 pages=1 rw; dirty-pages 0 iova=0x0 size=0x46000 get; dirty-pages 0 iova=0x44000 size=0x2000 get", 2));

    [Fact]
    public void Pages_beyond_a_mapping_are_reported_dirty_when_it_is_read_again() => Assert.Equal(
        "0 value=0x1b; 0 value=0xdb", Scripted.Answers(DialectName.S61, Scripted.Pci + A + B + Start + Get + "; " + Get, 2));

    [Fact]
    public void A_v1_container_has_no_dirty_pages() => Assert.Equal(
        "EACCES",
        Scripted.Answers(DialectName.S61, Scripted.Pci.Replace("type1v2", "type1", StringComparison.Ordinal)
            + "dirty-pages 0 iova=0x0 size=0x0 start arg=null", 1));
}
