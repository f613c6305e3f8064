using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class FindingStoreTests : IDisposable
{
    private readonly string directory = Path.Combine(Path.GetTempPath(), $"vfiofuzz-{Guid.NewGuid():n}");

    private static Finding Example => new()
    {
        Key = new FindingKey("deadlock", Grade.KillOne, "close @ flush_work"),
        Program = new ReadingSource().Draw(1, 1),
        Targets = ["sim/leaky"],
    };

    public void Dispose()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_finding_is_one_file_and_nothing_else_is_left()
    {
        var store = new FindingStore(directory);
        var path = store.Write(Example);
        Assert.Equal([path], Directory.GetFiles(directory));
        Assert.Equal(Example.Key, FindingText.Of(ProgramText.Parse(File.ReadAllText(path), path))!.Key);
    }

    [Fact]
    public void A_shrunk_finding_takes_the_place_of_what_was_seen()
    {
        var store = new FindingStore(directory);
        store.Write(Example);
        store.Write(Example with { Program = new ReadingSource().Draw(1, 2) });
        Assert.Single(Directory.GetFiles(directory));
    }

    [Fact]
    public void Another_place_or_target_is_another_file()
    {
        var here = FindingStore.NameOf(Example.Key, ["sim/leaky"]);
        Assert.StartsWith("deadlock-kill-one-", here, StringComparison.Ordinal);
        Assert.NotEqual(here, FindingStore.NameOf(Example.Key with { Place = "exit" }, ["sim/leaky"]));
        Assert.NotEqual(here, FindingStore.NameOf(Example.Key, ["linux/6.1"]));
    }
}
