using System.Text;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>
/// Programs of many mappings, short and long, at any bit of the range, whose dirty bits are read again and again into bitmaps of any content, and told by
/// what the kernel's own arrays would hold (update_user_bitmap and vfio_iova_dirty_bitmap, word by word) in place of the model's pool of words.
/// </summary>
public sealed class DirtyKernelTests
{
    private const int Page = 4096;
    private const string Start = "dirty-pages 0 iova=0x0 size=0x0 start";

    [Fact]
    public void Every_word_of_every_bitmap_is_told()
    {
        var shown = 0;
        for (var seed = 1UL; seed <= 400; seed++)
        {
            var (lines, expected) = Program(new Randomness(seed));
            var answers = Scripted.Answers(DialectName.S61, lines, expected.Count);
            Assert.Equal(string.Join("; ", expected), answers);
            shown += expected.Count(answer => answer.Length > 1);
        }
        Assert.True(shown > 400, $"{shown}");
    }

    private static (string Lines, List<string> Answers) Program(Randomness randomness)
    {
        var text = new StringBuilder(Scripted.Mdev);
        var mappings = new List<Words>();
        for (var first = randomness.Below(3); mappings.Count < 1 + (int)randomness.Below(5); first += mappings[^1].Pages + randomness.Below(90) * randomness.Below(2))
        {
            var mapping = new Words(first, 1 + randomness.Below(randomness.Below(2) == 0 ? 8u : 300u));
            // The window's pages lie at its end, so that those can be written to.
            text.Append($"map 0 iova=0x{first * Page:x} size=0x{mapping.Pages * Page:x} vaddr=0x{Limits.WindowEnd - mapping.Pages * Page:x} rw; ");
            mappings.Add(mapping);
        }
        text.Append(Start);
        var end = mappings[^1].First + mappings[^1].Pages;
        var answers = new List<string> { "0" };
        for (var line = 0; line < 12; line++)
        {
            var mapping = mappings[(int)randomness.Below((uint)mappings.Count)];
            if (randomness.Below(2) == 0)
            {
                var page = mapping.Pages - 1 - randomness.Below((uint)Math.Min(mapping.Pages, 16));
                text.Append($"; dma-rw 13 write iova=0x{(mapping.First + page) * Page:x} size=0x1");
                mapping.Set(page);
                answers.Add("0");
                continue;
            }
            var content = randomness.Below(4);
            // From a mapping's start on, or from before all of them.
            var from = randomness.Below(3) == 0 && mappings[0].First > 0 ? 0 : mapping.First;
            text.Append($"; dirty-pages 0 iova=0x{from * Page:x} size=0x{(end - from) * Page:x} get");
            text.Append(content switch { 1 => " bits=ones", 2 => " bits=stripes", 3 => " bits=sparse", _ => "" });
            answers.Add(Shown(Get(mappings, from, content switch { 1 => 0xff, 2 => 0xaa, 3 => 1, _ => 0 })));
        }
        return (text.ToString(), answers);
    }

    private static ulong Get(List<Words> mappings, uint from, ulong content)
    {
        var before = content * 0x0101010101010101;
        var user = Enumerable.Repeat(before, 512).ToArray();
        foreach (var mapping in mappings.Where(mapping => mapping.First >= from))
            mapping.CopyTo(user, mapping.First - from);
        ulong digest = user[0], factor = 1;
        for (var word = 1; word < user.Length; word++)
            digest += (user[word] ^ before) * (factor *= BitmapDigest.Base);
        return digest;
    }

    private static string Shown(ulong value) => value == 0 ? "0" : $"0 value=0x{value:x}";

    /// <summary>A mapping's bitmap as the kernel has it: whole words for its pages, and one more.</summary>
    private sealed class Words(uint first, uint pages)
    {
        private readonly ulong[] words = new ulong[(pages + 63) / 64 + 1];

        public uint First => first;

        public uint Pages => pages;

        public void Set(uint page) => words[page / 64] |= 1UL << (int)(page % 64);

        public void CopyTo(ulong[] user, uint bit)
        {
            var (at, shift) = (bit / 64, (int)(bit % 64));
            var count = (pages + (uint)shift + 63) / 64;
            if (shift != 0)
            {
                for (var word = (int)count - 1; word >= 0; word--)
                    words[word] = words[word] << shift | (word > 0 ? words[word - 1] >> (64 - shift) : 0);
                words[0] |= user[at];
            }
            for (var word = 0; word < count; word++)
                user[at + word] = words[word];
            for (var page = 0u; page < pages; page++)
                words[page / 64] &= ~(1UL << (int)(page % 64));
        }
    }
}
