using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Sessions;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Tests.Sessions;

/// <summary>Version and probes name a dialect (type1-semantics 0.1); what no version answered names none.</summary>
public sealed class Dialects
{
    [Theory]
    [InlineData("5.10.0-30-amd64 #1 SMP Debian 5.10.262-1", false, false, DialectName.Pre)]
    [InlineData("5.13.0 #1", true, true, DialectName.Blk1)]
    [InlineData("5.15.85 #1", true, true, DialectName.Blk2)]
    [InlineData("6.0.3 #1", true, true, DialectName.Blk3)]
    [InlineData("6.1.15 #1", true, true, DialectName.Blk3)]
    [InlineData("6.1.16 #1", true, true, DialectName.Waiting61)]
    [InlineData("6.1.0-56-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", true, true, DialectName.Waiting61)]
    [InlineData("6.1.0-56-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", true, false, DialectName.S61)]
    [InlineData("6.12.117+deb12-amd64 #1 SMP Debian 6.12.117-1~deb12u1", true, false, DialectName.Exc)]
    [InlineData("6.17.0 #1", true, false, DialectName.Exc)]
    [InlineData("6.18.0-rc4 #1", true, false, DialectName.Ovf)]
    [InlineData("7.3.4 #1", true, false, DialectName.Ovf)]
    [InlineData("7.4.0 #1", true, false, DialectName.Unspecified)]
    [InlineData("6.12.0 #1", true, true, DialectName.Unspecified)]
    [InlineData("6.12.0 #1", false, true, DialectName.Unspecified)]
    [InlineData("6.12.0 #1", false, false, DialectName.Unspecified)]
    [InlineData("unknown", true, false, DialectName.Unspecified)]
    public void A_kernel_speaks(string kernel, bool pci, bool mdev, DialectName expected) =>
        Assert.Equal(expected, DialectDecision.Of(new GuestFacts(kernel, "", 1, 2, 0, [], 0, pci, mdev, true, true, true, false)).Dialect);
}
