using VfioFuzz.Testing;

namespace VfioFuzz.Programs.Tests;

public sealed class RoundTripTests
{
    [VfioProperty]
    public bool A_generated_program_reads_back_from_its_text(Program program) => ReadsBack(program);

    [VfioProperty]
    public bool A_decoded_program_reads_back_from_its_text(DecodedProgram sample) => ReadsBack(sample.Program);

    [VfioProperty]
    public bool A_generated_program_decodes_from_its_bytes(Program program) =>
        ProgramBytes.Decode(ProgramBytes.Encode(program)).Equals(program);

    [VfioProperty]
    public bool A_decoded_program_decodes_from_its_bytes(DecodedProgram sample) =>
        ProgramBytes.Decode(ProgramBytes.Encode(sample.Program)).Equals(sample.Program);

    [VfioProperty]
    public bool A_decoded_program_is_canonical(DecodedProgram sample) => sample.Program.IsCanonical;

    [VfioProperty(tests: 1000)]
    public void The_canonical_form_of_any_operation_is_canonical_and_round_trips(RawOperation sample)
    {
        var canonical = sample.Operation.Canonical;
        var program = Program.Sequential(new World(DeviceSpec.Mdev), canonical);

        Assert.True(canonical.IsCanonical);
        Assert.Equal(canonical, canonical.Canonical);
        Assert.Equal(program, ProgramText.Parse(ProgramText.Print(program), "one.vprog").Program);
        Assert.Equal(program, ProgramBytes.Decode(ProgramBytes.Encode(program)));
    }

    [VfioProperty]
    public void A_document_with_everything_in_it_reads_back(Program program)
    {
        var document = new ProgramDocument(program)
        {
            Dialect = DialectName.S61,
            Targets = ["sim/blocking", "linux/6.1"],
            Expectation = "deadlock/kill-one",
            Schedule = new Schedule([0, 255, 16]),
            ExpectedAnswers = [.. program.Lines.Select((line, i) => i % 3 == 1 ? null : Answer.Ok((ulong)i).ToString())],
            Notes = ["first", "second: # with ; marks { }"],
        };
        Assert.Equal(document, ProgramText.Parse(ProgramText.Print(document), "document.vprog"));
    }

    [Fact]
    public void Every_shape_of_device_reads_back_from_text_and_bytes()
    {
        foreach (var device in Devices())
        {
            var program = new Program(new World(default, device), []);
            Assert.Equal(program, ProgramText.Parse(ProgramText.Print(program), "device.vprog").Program);
            Assert.Equal(program, ProgramBytes.Decode(ProgramBytes.Encode(program)));
        }
    }

    [Fact]
    public void Every_prefix_of_bytes_and_every_single_byte_mean_a_canonical_program()
    {
        var bytes = ProgramBytes.Encode(Generator.Generate(Choices.OfSeed(7), new GeneratorOptions { Threads = 2 }));
        for (var length = 0; length <= bytes.Length; length++)
            Assert.True(ProgramBytes.Decode(bytes.AsSpan(0, length)).IsCanonical);
        for (var value = 0; value <= byte.MaxValue; value++)
            Assert.True(ProgramBytes.Decode([(byte)value, (byte)value, (byte)value]).IsCanonical);
    }

    [Fact]
    public void Bytes_behind_the_last_line_that_fits_change_nothing()
    {
        var full = Program.Sequential(default, [.. Enumerable.Repeat(Operation.Observe(TaskId.Of(0, 0)), Limits.LinesMax)]);
        Assert.Equal(full, ProgramBytes.Decode([.. ProgramBytes.Encode(full), 1, 2, 3]));
    }

    private static bool ReadsBack(Program program) =>
        ProgramText.Parse(ProgramText.Print(program), "p.vprog").Program.Equals(program);

    private static IEnumerable<DeviceSpec> Devices()
    {
        yield return DeviceSpec.Pci;
        foreach (var by in Enum.GetValues<DriverContext>())
            foreach (var held in Enum.GetValues<DriverLock>())
                foreach (var callback in Enum.GetValues<DriverCallback>())
                    foreach (var onFault in Enum.GetValues<DriverOnFault>())
                        yield return new DeviceSpec(DeviceKind.Mdev, by, held, callback, 255, onFault, 200).Canonical;
    }
}
