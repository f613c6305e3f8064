using VfioFuzz.Testing;

namespace VfioFuzz.Programs.Tests;

public sealed class GeneratorTests
{
    private const int Many = 4000;

    [VfioProperty]
    public bool Programs_are_canonical(Program program) => program.IsCanonical;

    [Fact]
    public void A_seed_makes_the_same_programs_on_every_machine()
    {
        // Raise Grammar.Number with any change of these.
        Assert.Equal(11, Grammar.Number);
        var one = Fingerprint(GeneratorOptions.Default);
        var two = Fingerprint(new GeneratorOptions { Threads = 2 });
        Assert.Equal($"{GoldenOfOneThread:x} {GoldenOfTwoThreads:x}", $"{one:x} {two:x}");
    }

    private const ulong GoldenOfOneThread = 0xeaea9b6208d2dd08;
    private const ulong GoldenOfTwoThreads = 0x29cf38a644c53d4c;

    /// <summary>With a twentieth to spare: a check of twenty thousand programs wants one line in a hundred, and kinds come in clusters.</summary>
    [Fact]
    public void Each_kind_is_one_line_in_a_hundred_of_the_default_mix()
    {
        const int EvenMore = 60000;
        var counts = new int[256];
        var lines = 0;
        foreach (var line in Programs(GeneratorOptions.Default, EvenMore).SelectMany(program => program.Lines))
        {
            counts[(int)line.Operation.Kind]++;
            lines++;
        }
        var rare = OperationForm.All
            .Where(form => GeneratorOptions.Default.Kinds.Has(form.Kind)
                && counts[(int)form.Kind] * (KindSet.Seldom.Has(form.Kind) ? 500 : 95) < lines)
            .Select(form => $"{form.Mnemonic} {100.0 * counts[(int)form.Kind] / lines:f2} %");
        Assert.Empty(rare);
    }

    [VfioProperty]
    public bool A_continued_program_begins_with_the_lines_it_was_given(Program begun, ulong seed)
    {
        var kept = begun.Lines.Length * 2 / 3;
        var options = GeneratorOptions.Default with { Threads = 2, LinesLeast = 12, LinesMost = 36 };
        var program = Generator.Continue(Choices.OfSeed(seed), options, begun, kept);
        return program.World == begun.World
            && program.IsCanonical
            && program.Lines.Take(kept).Select(line => line.Operation).SequenceEqual(begun.Lines.Take(kept).Select(line => line.Operation));
    }

    [Fact]
    public void Programs_go_on_behind_what_was_kept_with_what_is_there()
    {
        var program = Generator.Generate(Choices.OfSeed(1), GeneratorOptions.Default);
        var longer = Enumerable.Range(0, 100).Select(seed => Generator.Continue(Choices.OfSeed((ulong)seed), GeneratorOptions.Default, program, 10));
        Assert.All(longer, made => Assert.InRange(made.Lines.Length, 11, 10 + GeneratorOptions.Default.LinesMost));
        Assert.True(longer.Distinct().Count() > 90);
    }

    [Fact]
    public void What_is_dear_to_emulate_is_of_one_lane() => Assert.All(
        Programs(GeneratorOptions.Default).Where(program => program.Lines.Any(line => KindSet.Dear.Has(line.Operation.Kind))),
        program => Assert.NotEqual(Lanes.Processes, Lane.Of(program)));

    [Fact]
    public void Each_lane_is_a_tenth_of_the_default_mix()
    {
        var lanes = Programs(GeneratorOptions.Default).CountBy(Lane.Of).ToDictionary();
        Assert.All([Lanes.InProcess, Lanes.PciDevice, Lanes.Processes], lane => Assert.InRange(lanes[lane], Many / 10, Many));
    }

    [Fact]
    public void Worlds_have_one_kind_of_group_or_both_and_several_of_each()
    {
        var counts = Programs(GeneratorOptions.Default)
            .CountBy(program => (Count(program.World, DeviceKind.Mdev), Count(program.World, DeviceKind.Pci)))
            .ToDictionary();
        Assert.All(
            [(1, 0), (2, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)],
            ((int Mdevs, int Pcis) world) => Assert.InRange(counts.GetValueOrDefault(world), Many / 100, Many));

        static int Count(World world, DeviceKind kind) =>
            Enumerable.Range(0, Limits.DevicesMax).Count(number => world.Device(number).Kind == kind);
    }

    [Fact]
    public void Programs_have_about_twenty_lines()
    {
        var lengths = Programs(GeneratorOptions.Default).Select(program => program.Lines.Length).ToList();
        Assert.InRange(lengths.Average(), 17, 22);
        Assert.InRange(lengths.Max(), 12, 28);
    }

    [Fact]
    public void Most_programs_get_deep()
    {
        var programs = Programs(GeneratorOptions.Default).ToList();
        Assert.InRange(programs.Count(program => Has(program, OperationKind.SetIommu, OperationKind.Map)), Many * 8 / 10, Many);
        Assert.InRange(programs.Count(program => Has(program, OperationKind.Map, OperationKind.SubmitPin)), Many / 10, Many);
    }

    [Fact]
    public void One_thread_makes_no_second_threads_and_no_blocks() =>
        Assert.DoesNotContain(
            Programs(GeneratorOptions.Default).SelectMany(program => program.Lines),
            line => line.IsParallel || line.Operation.Task.Thread != 0);

    [Fact]
    public void Two_threads_make_blocks_of_two_threads_some_of_them_repeated()
    {
        var blocks = Programs(new GeneratorOptions { Threads = 2 })
            .SelectMany(program => program.Lines.Where(line => line.IsParallel).GroupBy(line => line.Block))
            .ToList();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.InRange(block.Select(line => line.Operation.Task).Distinct().Count(), 1, 3));
        Assert.Contains(blocks, block => block.Count() > 12);
        Assert.InRange(blocks.Count(block => block.Count() <= 6), blocks.Count / 2, blocks.Count);
    }

    [Fact]
    public void Kinds_lanes_and_devices_that_the_options_leave_out_do_not_occur()
    {
        var options = new GeneratorOptions
        {
            Threads = 2,
            Lanes = Lanes.InProcess,
            Kinds = GeneratorOptions.Default.Kinds.Without(KindSet.Of(OperationKind.Unmap, OperationKind.GetDevice)),
            PcisMax = 0,
            MdevsMax = 1,
        };
        foreach (var program in Programs(options))
        {
            Assert.Equal(Lanes.InProcess, Lane.Of(program));
            Assert.False(program.World.Has(DeviceKind.Pci));
            Assert.DoesNotContain(program.Lines, line => !options.Kinds.Has(line.Operation.Kind));
        }
    }

    [Fact]
    public void Reserved_kinds_come_when_asked_for()
    {
        var asked = Programs(new GeneratorOptions { Kinds = KindSet.All })
            .SelectMany(program => program.Lines).Select(line => line.Operation.Kind).ToHashSet();
        Assert.Equal(OperationForm.All.Select(form => form.Kind).Order(), asked.Order());
    }

    private static IEnumerable<Program> Programs(GeneratorOptions options, int count = Many)
    {
        var choices = Choices.OfSeed(0);
        for (var i = 0; i < count; i++)
        {
            choices.Reset(Randomness.SeedOf(1, (ulong)i));
            yield return Generator.Generate(choices, options);
        }
    }

    private static bool Has(Program program, OperationKind first, OperationKind second)
    {
        var kinds = program.Lines.Select(line => line.Operation.Kind).ToList();
        return kinds.Contains(first) && kinds.LastIndexOf(second) > kinds.IndexOf(first);
    }

    private static ulong Fingerprint(GeneratorOptions options)
    {
        var fingerprint = 14695981039346656037UL;
        foreach (var program in Programs(options).Take(500))
            foreach (var value in ProgramBytes.Encode(program))
                fingerprint = (fingerprint ^ value) * 1099511628211UL;
        return fingerprint;
    }
}
