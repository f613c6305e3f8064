namespace VfioFuzz.Fuzz.Tests;

public sealed class CampaignTests
{
    private const string Canary = "OverlapIsInvalid";
    private const int Seconds = 30;
    private const int SecondsOfReaders = 10;

    [AflFact]
    public void A_campaign_of_30_seconds_is_stable_and_finds_the_canary()
    {
        using var campaign = new Campaign();
        campaign.Run(Seconds, Canary);

        Assert.True(campaign.Number("execs_done") > 1000, $"only {campaign.Statistics["execs_done"]} executions");
        Assert.True(campaign.Number("stability") > 99, $"stability {campaign.Statistics["stability"]}");
        Assert.NotEmpty(campaign.Crashes);
        var withCanary = Campaign.Say(campaign.Crashes, Canary).Where(line => line.Contains("answer-allowed (map: observed EEXIST"));
        var without = Campaign.Say(campaign.Crashes, "").Where(line => line.Contains("answer-allowed (map: observed EEXIST"));
        Assert.NotEmpty(withCanary);
        Assert.Empty(without);
    }

    /// <summary>A reader that throws or reads back something else ends in AFL's crashes; the first such campaign found a comment's carriage return in 6 s.</summary>
    [AflTheory]
    [InlineData("text")]
    [InlineData("bytes")]
    public void A_campaign_over_a_reader_grows_and_finds_nothing(string reader)
    {
        using var campaign = new Campaign();
        campaign.Run(SecondsOfReaders, "", reader);

        Assert.True(campaign.Number("execs_done") > 1000, $"only {campaign.Statistics["execs_done"]} executions");
        Assert.True(campaign.Number("corpus_count") > 50, $"a queue of {campaign.Statistics["corpus_count"]}");
        Assert.Empty(campaign.Crashes.Select(File.ReadAllText));
    }

    [AflFact]
    public void Only_the_instrumented_build_is_instrumented()
    {
        foreach (var library in (string[])["Programs", "Model", "Simulation", "Checking"])
        {
            // The judge tells its own feedback: what the model went through.
            Assert.Equal(
                library is "Programs" or "Simulation",
                IsInstrumented(Path.Combine(Path.GetDirectoryName(Campaign.Host)!, $"VfioFuzz.{library}.dll")));
            Assert.False(
                IsInstrumented(Path.Combine(Campaign.Root, $"artifacts/bin/VfioFuzz.Cli/release/VfioFuzz.{library}.dll")), library);
        }
    }

    private static bool IsInstrumented(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var image = new System.Reflection.PortableExecutable.PEReader(stream);
        var metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(image);
        return metadata.TypeReferences
            .Select(handle => metadata.GetTypeReference(handle))
            .Any(reference => metadata.GetString(reference.Namespace) == "SharpFuzz.Common");
    }
}
