using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests.Fuzzing;

public sealed class FuzzCampaignTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("vfiofuzz-campaign-").FullName;
    private readonly List<string> told = [];

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void One_seed_writes_the_same_files_twice()
    {
        Run("one", 3_000);
        Run("other", 3_000);

        var files = Files("one");
        Assert.True(files.Count > 20, $"{files.Count} files");
        Assert.Equal(files, Files("other"));
    }

    [Fact]
    public void Another_seed_goes_another_way()
    {
        Run("one", 1_000);
        Run("other", 1_000, seed: 8);
        Assert.NotEqual(Files("one"), Files("other"));
    }

    [Fact]
    public void What_is_new_is_kept_and_nothing_else()
    {
        Run("one", 2_000);
        var programs = Queue("one").ConvertAll(path => QueueStore.Read(path, out _)!.Program);
        var seen = new FakeExecutor();
        foreach (var program in programs)
        {
            seen.Execute(program, default);
            Assert.NotEqual(0, seen.Unseen().Length);
        }
    }

    [Fact]
    public void Guided_climbs_higher_than_the_same_generator_without_feedback()
    {
        using var guided = new FakeExecutor();
        Run("one", 10_000, executor: guided);
        using var random = new FakeExecutor();
        var programs = new GeneratedPrograms(1, random.Kinds);
        for (var index = 0; index < 10_000; index++)
            random.Execute(programs.Draw(7, index), default);
        Assert.True(guided.Highest >= random.Highest + 3, $"guided {guided.Highest}, random {random.Highest}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(48)]
    public void A_machine_that_is_some_inputs_ahead_is_guided_too(int ahead)
    {
        using var machine = new FakeExecutor();
        using var batches = new FakeBatches(machine, ahead);
        var statistics = Run("one", 10_000, executor: batches);
        using var random = new FakeExecutor();
        var programs = new GeneratedPrograms(1, random.Kinds);
        for (var index = 0; index < 10_000; index++)
            random.Execute(programs.Draw(7, index), default);

        Assert.True(machine.Highest >= random.Highest + 2, $"guided {machine.Highest}, random {random.Highest}");
        Assert.Equal((10_000, 1, 100), (statistics.Executions, statistics.Findings, statistics.Stability));
        Assert.Equal(Queue("one").Count, statistics.Corpus);
        var seen = new FakeExecutor();
        foreach (var path in Queue("one"))
            seen.Execute(QueueStore.Read(path, out _)!.Program, default);
        Assert.Equal(machine.Highest, seen.Highest);
    }

    [Fact]
    public void A_machine_that_is_some_inputs_ahead_imports_from_others()
    {
        Run("one", 2_000);
        using var batches = new FakeBatches(new FakeExecutor(), 16);
        var second = Run("one", 2_000, seed: 9, process: 1, executor: batches,
            with: options => options with { SharingPeriod = TimeSpan.Zero, StatisticsPeriod = TimeSpan.Zero });
        Assert.True(second.Imported > 0, "nothing imported");
    }

    [Fact]
    public void A_finding_has_its_folder_with_all_that_is_needed_to_see_it_again()
    {
        Run("one", 4_000);
        var folder = Assert.Single(Directory.GetDirectories(Path.Combine(root, "one", "crashes")));
        Assert.Equal(
            ["explanation.txt", "first-seen.vprog", "minimal.vprog", "places", "replay.sh"],
            Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Contains("--target 'sim/fake'", File.ReadAllText(Path.Combine(folder, "replay.sh")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_campaign_that_is_taken_up_again_keeps_its_entries_findings_and_counts()
    {
        Run("one", 4_000);
        var files = Files("one");
        var statistics = Run("one", 500);

        Assert.Equal(1, statistics.Resumes);
        Assert.InRange(statistics.Executions, 4_500, 5_500);
        Assert.Equal(1, statistics.Findings);
        foreach (var (name, text) in files)
            Assert.Equal(text, File.ReadAllText(Path.Combine(root, "one", name)));
        Assert.True(Queue("one").Count >= files.Count(file => file.Name.StartsWith("queue", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_damaged_entry_is_told_by_name_and_set_aside()
    {
        Run("one", 500);
        var torn = Queue("one")[3];
        File.WriteAllText(torn, "vprog 1\nworld\np0.t0: clo");
        Run("one", 10);

        Assert.Contains(told, line => line.Contains(Path.GetFileName(torn), StringComparison.Ordinal));
        Assert.False(File.Exists(torn));
        Assert.True(File.Exists(Path.Combine(root, "one", "damaged", Path.GetFileName(torn))));
    }

    [Fact]
    public void A_finding_that_a_killed_campaign_had_begun_is_shrunk_by_the_next()
    {
        Run("one", 4_000);
        var folder = Directory.GetDirectories(Path.Combine(root, "one", "crashes"))[0];
        File.Delete(Path.Combine(folder, "minimal.vprog"));
        Run("one", 10);
        Assert.True(File.Exists(Path.Combine(folder, "minimal.vprog")));
    }

    [Fact]
    public void A_finding_s_folder_that_a_kill_left_empty_is_no_damage()
    {
        Run("one", 500);
        var empty = Directory.CreateDirectory(Path.Combine(root, "one", "crashes", "deadlock-begun")).FullName;
        File.WriteAllText(Path.Combine(empty, "first-seen.vprog.partial"), "vpr");
        Run("one", 10);

        Assert.False(Directory.Exists(empty));
        Assert.False(Directory.Exists(Path.Combine(root, "one", "damaged")));
        Assert.DoesNotContain(told, line => line.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void Processes_of_one_folder_take_over_what_the_others_kept()
    {
        Run("one", 2_000);
        var second = Run("one", 2_000, seed: 9, process: 1, with: options => options with { SharingPeriod = TimeSpan.Zero, StatisticsPeriod = TimeSpan.Zero });
        Assert.True(second.Imported > 0, "nothing imported");
        Assert.Contains(Directory.GetFiles(Path.Combine(root, "one", "second-1", "queue")), path => path.Contains("op:import", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_does_not_end_is_kept_as_a_hang_and_the_next_process_goes_on()
    {
        using var ended = new ManualResetEvent(false);
        using var stop = new CancellationTokenSource();
        var code = 0;
        using var spinning = new FakeExecutor { Hang = (OperationKind.DeviceMemory, ended) };
        Run("one", 200_000, executor: spinning, stop: stop.Token, with: options => options with
        {
            HangAfter = TimeSpan.FromSeconds(2),
            EndProcess = exit =>
            {
                code = exit;
                stop.Cancel();
                ended.Set();
            },
        });

        Assert.Equal(70, code); // EX_SOFTWARE
        var hang = Assert.Single(Directory.GetFiles(Path.Combine(root, "one", "hangs")));
        Assert.Contains(QueueStore.Read(hang, out _)!.Program.Lines, line => line.Operation.Kind == OperationKind.DeviceMemory);
        var kept = Queue("one");
        var statistics = Run("one", 500);
        Assert.Equal((1, 1), (statistics.Hangs, statistics.Resumes));
        Assert.True(statistics.Executions > 500 && kept.TrueForAll(File.Exists));
    }

    [Fact]
    public void Two_processes_do_not_work_in_one_folder()
    {
        using var held = CampaignFolder.Open(Path.Combine(root, "one"), 0);
        var refused = Assert.Throws<IOException>(() => CampaignFolder.Open(Path.Combine(root, "one"), 0));
        Assert.Contains("at work", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_told_with_the_file_and_leaves_no_half_of_it()
    {
        var path = Path.Combine(root, "file");
        File.CreateSymbolicLink(path + WholeFile.Unfinished, "/dev/full");
        var full = Assert.Throws<IOException>(() => WholeFile.Write(path, "text"));
        Assert.Contains(path, full.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(root));
    }

    private FuzzStatistics Run(
        string name, long executions, ulong seed = 7, int process = 0, Func<FuzzOptions, FuzzOptions>? with = null, IExecutor? executor = null,
        CancellationToken stop = default)
    {
        using var folder = CampaignFolder.Open(Path.Combine(root, name), process);
        using var own = new FakeExecutor();
        var options = new FuzzOptions { Seed = seed, ExecutionsMax = executions };
        var campaign = new FuzzCampaign(executor ?? own, folder, (seen, _, _, _) => seen, with?.Invoke(options) ?? options, told.Add);
        return campaign.Run([], stop);
    }

    private List<string> Queue(string name) => [.. Directory.GetFiles(Path.Combine(root, name, "queue")).Order(StringComparer.Ordinal)];

    /// <summary>Queue and findings: what a seed decides. Figures of time are no part of it.</summary>
    private List<(string Name, string Text)> Files(string name) =>
    [
        .. ((string[])["queue", "crashes"])
            .SelectMany(part => Directory.GetFiles(Path.Combine(root, name, part), "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(path => (Path.GetRelativePath(Path.Combine(root, name), path), File.ReadAllText(path))),
    ];
}
