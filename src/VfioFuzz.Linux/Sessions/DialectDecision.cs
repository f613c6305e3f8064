using System.Globalization;
using System.Text.RegularExpressions;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Sessions;

/// <summary>
/// Which dialect a guest speaks: its version says which are possible, two probes which it is (type1-semantics 0.1
/// and 1.2: CHECK_EXTENSION of UPDATE_VADDR with a pci group and with an mdev's). A kernel outside the table, or one
/// that answers as none of its versions did, is unspecified.
/// </summary>
/// <param name="Reason">Version and probe results, as told to people.</param>
internal sealed record DialectDecision(DialectName Dialect, string Reason)
{
    /// <summary>The newest kernel whose answers were checked (type1-semantics 0.1, OVF).</summary>
    private static readonly Version Newest = new(7, 3);

    /// <summary>The first 6.1.y with the exclusion and accounting of v6.3 (its ChangeLog).</summary>
    private const int BackportedIn = 16;

    public static DialectDecision Of(GuestFacts facts)
    {
        var version = VersionOf(facts.Kernel);
        var probes = string.Create(CultureInfo.InvariantCulture,
            $"linux {version}, UPDATE_VADDR pci={Digit(facts.UpdateVaddrPci)} mdev={Digit(facts.UpdateVaddrMdev)}");
        if (new Version(version.Major, version.Minor) > Newest)
            return new DialectDecision(DialectName.Unspecified, $"{probes}: newer than {Newest}, the newest known");
        var dialect = (facts.UpdateVaddrPci, facts.UpdateVaddrMdev) switch
        {
            (false, false) => Before(version, 5, 12) ? DialectName.Pre : DialectName.Unspecified,
            (true, true) => Blocking(version),
            (true, false) => Excluding(version),
            _ => DialectName.Unspecified,
        };
        return new DialectDecision(
            dialect, dialect == DialectName.Unspecified ? $"{probes}: no kernel of that version answers so" : probes);
    }

    /// <summary>
    /// Where a device can wait for a vaddr. A 6.1.y that has been given the exclusion of v6.3, and everything that came with it, waits only when its
    /// guards were removed.
    /// </summary>
    private static DialectName Blocking(Version version) =>
        Before(version, 5, 12) ? DialectName.Unspecified
        : Before(version, 5, 15) ? DialectName.Blk1
        : Before(version, 6, 0) ? DialectName.Blk2
        : version is { Major: 6, Minor: 1, Build: >= BackportedIn } ? DialectName.Waiting61
        : Before(version, 6, 3) ? DialectName.Blk3
        : DialectName.Unspecified;

    /// <summary>
    /// Where vaddrs change only without mediated devices: 6.1.y since its backport, everything from 6.3.
    /// </summary>
    private static DialectName Excluding(Version version) =>
        version is { Major: 6, Minor: 1 } ? DialectName.S61
        : Before(version, 6, 3) ? DialectName.Unspecified
        : Before(version, 6, 18) ? DialectName.Exc
        : DialectName.Ovf;

    /// <summary>The upstream version: Debian's 6.1.0-56 says it only in uname -v ("Debian 6.1.192-2").</summary>
    public static Version VersionOf(string kernel)
    {
        var match = Regex.Match(kernel, @"Debian ([0-9]+)\.([0-9]+)(?:\.([0-9]+))?");
        if (!match.Success)
            match = Regex.Match(kernel, @"^([0-9]+)\.([0-9]+)(?:\.([0-9]+))?");
        return match.Success ? new Version(Number(1), Number(2), Number(3)) : new Version(0, 0, 0);

        int Number(int group) => match.Groups[group].Success
            ? int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture)
            : 0;
    }

    private static int Digit(bool yes) => yes ? 1 : 0;

    private static bool Before(Version version, int major, int minor) => version < new Version(major, minor);
}
