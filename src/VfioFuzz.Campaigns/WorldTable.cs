using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>How many programs ran in worlds of each shape: so many mediated devices, so many pci devices.</summary>
public sealed class WorldTable
{
    private const int Counts = Limits.DevicesMax + 1;

    private readonly int[] programs = new int[Counts * Counts];

    public void Add(in World world)
    {
        var (mdevs, pcis) = (0, 0);
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            var kind = world.Device(number).Kind;
            mdevs += kind == DeviceKind.Mdev ? 1 : 0;
            pcis += kind == DeviceKind.Pci ? 1 : 0;
        }
        programs[mdevs * Counts + pcis]++;
    }

    /// <summary>Every shape that occurred, pci devices alone first.</summary>
    public ImmutableArray<(string Shape, int Programs)> Rows() =>
        [.. programs.Select((count, shape) => (NameOf(shape / Counts, shape % Counts), count)).Where(row => row.count > 0)];

    private static string NameOf(int mdevs, int pcis) => (mdevs, pcis) switch
    {
        (0, 0) => "no device",
        (_, 0) => string.Create(CultureInfo.InvariantCulture, $"{mdevs} mdev"),
        (0, _) => string.Create(CultureInfo.InvariantCulture, $"{pcis} pci"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{mdevs} mdev + {pcis} pci"),
    };
}
