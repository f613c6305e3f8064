using System.Text.RegularExpressions;

namespace VfioFuzz.Architecture.Tests;

public sealed partial class StyleTests
{
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 60;

    [Fact]
    public void There_are_sources_to_look_at() => Assert.InRange(Repository.Sources.Count(), 50, 5000);

    [Fact]
    public void No_source_file_is_longer_than_400_lines() =>
        Offenders.None(Repository.Sources
            .Select(file => (File: file, Lines: Repository.Lines(file).Length))
            .Where(source => source.Lines > FileLinesMax));

    [Fact]
    public void No_method_is_longer_than_60_lines() =>
        Offenders.None(Repository.Sources.SelectMany(file => Members.Of(file)).Where(member => member.Lines > MethodLinesMax));

    [Fact]
    public void Members_are_measured_where_they_are()
    {
        // The measure would pass anything if it found nothing.
        var members = Members.Of("tests/VfioFuzz.Architecture.Tests/Members.cs").ToList();
        Assert.Contains(members, member => member.Signature.Contains("Of(string file)", StringComparison.Ordinal) && member.Lines > 10);
        Assert.True(Repository.Sources.Sum(file => Members.Of(file).Count()) > 500);
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong =
            from file in Repository.Sources
            let declared = Namespace().Match(Repository.Read(file))
            where declared.Success
            let folder = Path.GetDirectoryName(file)!.Replace('\\', '/')
            let expected = string.Join('.', folder.Split('/').Skip(1))
            where declared.Groups[1].Value != expected
            select $"{file}: {declared.Groups[1].Value}";
        Offenders.None(wrong);
    }

    [Fact]
    public void Only_entry_points_and_assembly_attributes_have_no_namespace() =>
        Offenders.None(Repository.Sources
            .Where(file => Path.GetFileName(file) != "Main.cs")
            .Where(file => !Namespace().IsMatch(Repository.Read(file)))
            .Where(file => !Repository.Read(file).Contains("[assembly:", StringComparison.Ordinal)));

    [Fact]
    public void Code_that_runs_in_the_kernel_or_guest_says_its_license() =>
        Offenders.None(Repository.Files
            .Where(file => file.EndsWith(".c", StringComparison.Ordinal) || file.EndsWith(".h", StringComparison.Ordinal))
            .Where(file => !Repository.Lines(file)[0].Contains("SPDX-License-Identifier: GPL-2.0", StringComparison.Ordinal)));

    [Fact]
    public void Nothing_large_is_tracked() =>
        Offenders.None(Repository.Files.Where(file => new FileInfo(Path.Combine(Repository.Root, file)).Length > 512 * 1024));

    [Fact]
    public void No_file_names_a_place_on_somebody_s_machine() =>
        Offenders.None(Repository.Files
            .Where(file => !IsThis(file))
            .Where(file => MachinePath().IsMatch(Repository.Read(file))));

    [Fact]
    public void Nothing_is_left_to_be_done_later() =>
        Offenders.None(Repository.Sources.Where(file => !IsThis(file)).Where(file => Postponed().IsMatch(Repository.Read(file))));

    private static bool IsThis(string file) => file.EndsWith("/StyleTests.cs", StringComparison.Ordinal);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?<![\w.}""'$/-])/(work|home|root|Users)/\w")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX)\b")]
    private static partial Regex Postponed();
}
