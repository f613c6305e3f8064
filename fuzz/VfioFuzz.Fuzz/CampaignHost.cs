using System.Globalization;
using System.Runtime.InteropServices;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Checking;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>One process of a guided campaign: <c>fuzz NAME=VALUE...</c>, as <c>vfiofuzz fuzz</c> starts it. Ends on SIGINT and SIGTERM with all its files whole.</summary>
internal static class CampaignHost
{
    public static int Run(string target, PlantedError planted, IEnumerable<string> settings)
    {
        var given = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        string? Text(string name) => given.GetValueOrDefault(name);
        long Number(string name, long otherwise) => Text(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        var options = new FuzzOptions
        {
            Seed = Text("seed") is { } seed ? ulong.Parse(seed, CultureInfo.InvariantCulture) : 1,
            ExecutionsMax = Number("executions", long.MaxValue),
            TimeMax = Text("seconds") is { } seconds ? TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)) : TimeSpan.MaxValue,
            Threads = (int)Number("threads", 1),
        };
        var number = (int)Number("process", 0);
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var folder = CampaignFolder.Open(Text("output") ?? throw new ArgumentException("output=DIR is missing"), number);
        using var executor = new DesignExecutor(target, planted);
        using var plain = FuzzedDesign.Open(target);
        var judge = new Judge(new ModelAnswers(Dialect.Of(plain.Platform.Dialect), plain.Platform, planted));
        var shrinking = new Shrinking(plain, judge, Candidates.SimplerThan) { TimeMax = TimeSpan.FromSeconds(20) };
        var own = options with { Seed = number == 0 ? options.Seed : Randomness.SeedOf(options.Seed, (ulong)number) };
        var campaign = new FuzzCampaign(executor, folder, shrinking.Shrink, own, Console.Error.WriteLine);
        var seeds = Text("seeds") is { } from ? Seeds(from) : [];
        var end = campaign.Run(seeds, stop.Token);
        return end.Findings > 0 ? 1 : 0;
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private static IEnumerable<StoredEntry> Seeds(string folder) => Directory.GetFiles(folder, "*.vprog")
        .Order(StringComparer.Ordinal)
        .Select(path => QueueStore.Read(path, out var problem) ?? throw new IOException(problem));
}
