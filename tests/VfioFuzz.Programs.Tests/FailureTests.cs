using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using VfioFuzz.Testing;

namespace VfioFuzz.Programs.Tests;

/// <summary>What a person sees when a property does not hold.</summary>
public sealed class FailureTests
{
    [Fact]
    public void A_planted_failing_property_shows_the_minimal_program_and_how_to_replay_it()
    {
        var runner = new CapturingRunner();
        var noRestoreAfterInvalidate = Prop.ForAll(Arbitraries.Programs(), program => !RestoresWhatItInvalidated(program));

        Check.One(
            Config.Quick.WithRunner(runner).WithMaxTest(100_000).WithReplay(1, 3), noRestoreAfterInvalidate);

        const string minimal =
            """
            vprog 1
            # give this text to: artifacts/vfiofuzz replay -
            world
            p0.t0: unmap 0 iova=0x0 size=0x1000 vaddr
            p0.t0: map 0 iova=0x0 size=0x1000 vaddr=page0 vaddr

            """;
        var shrunk = runner.Failure[runner.Failure.IndexOf("Shrunk", StringComparison.Ordinal)..];
        Assert.Contains(minimal, shrunk, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_that_a_failure_shows_is_the_program()
    {
        var program = Generator.Generate(Choices.OfSeed(1), GeneratorOptions.Default);
        Assert.Equal(program, ProgramText.Parse(program.ToString(), "-").Program);
    }

    private static bool RestoresWhatItInvalidated(Program program)
    {
        var operations = program.Lines.Select(line => line.Operation).ToList();
        var invalidated = operations.FindIndex(one => one.Kind == OperationKind.Unmap && one.UnmapFlags == UnmapFlags.Vaddr);
        return invalidated >= 0 && operations.FindIndex(
            invalidated,
            one => one.Kind == OperationKind.Map && one.MapFlags == MapFlags.Vaddr && one.X == operations[invalidated].X) >= 0;
    }

    private sealed class CapturingRunner : IRunner
    {
        public string Failure { get; private set; } = "";

        public void OnStartFixture(Type t)
        {
        }

        public void OnArguments(
            int ntest, FSharpList<object> args, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every)
        {
        }

        public void OnShrink(FSharpList<object> args, FSharpFunc<FSharpList<object>, string> everyShrink)
        {
        }

        public void OnFinished(string name, TestResult testResult) => Failure = Runner.onFinishedToString(name, testResult);
    }
}
