using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests.Golden;

/// <summary>type1-semantics 1, 1.1, 1.2, 1.3 and 7.1: what every file answers to every number, and the commands without a struct.</summary>
public sealed class IoctlTests
{
    private const string Fds = "open container at=0; open group d0 at=1; ";
    private const string Attached = Fds + "attach 1 0; ";
    private const string Driven = Attached + "set-iommu 0 type1v2; ";

    [Theory]
    [InlineData(Fds, "ioctl 0 0x3b73", "EINVAL")] // whatever the number: no iommu driver
    [InlineData(Attached, "ioctl 0 0x3b73", "EINVAL")]
    [InlineData(Driven, "ioctl 0 0x3b73", "ENOTTY")] // ENABLE is spapr's (1.8)
    [InlineData(Driven, "ioctl 0 0x3b74", "ENOTTY")]
    [InlineData(Driven, "ioctl 0 0xc0203b71", "ENOTTY")] // MAP_DMA has no size bits
    [InlineData(Driven, "ioctl 0 0x3b6b", "ENOTTY")]
    [InlineData(Driven + "detach 1; ", "ioctl 0 0x3b73", "EINVAL")] // the driver went with the last group
    [InlineData(Fds, "ioctl 1 0x3b73", "ENOTTY")]
    [InlineData(Driven, "ioctl 1 0x3b6b", "ENOTTY")]
    [InlineData(Fds, "ioctl 5 0x3b73", "EBADF")]
    [InlineData(Driven + "get-device 1 d0 at=2; ", "ioctl 2 0x3b73", "not-run")]
    [InlineData(Fds, "get-api-version 0", "0")]
    [InlineData(Driven, "get-api-version 0", "0")]
    [InlineData(Driven, "get-api-version 1", "ENOTTY")]
    [InlineData(Fds, "get-api-version 5", "EBADF")]
    [InlineData(Fds, "group-status 1", "0 value=0x1")]
    [InlineData(Attached, "group-status 1", "0 value=0x3")]
    [InlineData(Driven, "group-status 1", "0 value=0x3")]
    [InlineData(Attached + "detach 1; ", "group-status 1", "0 value=0x1")]
    [InlineData(Fds, "group-status 0", "EINVAL")]
    [InlineData(Driven, "group-status 0", "ENOTTY")]
    [InlineData(Driven + "get-device 1 d0 at=2; ", "group-status 2", "not-run")]
    public void Files_answer_commands(string before, string call, string expected)
    {
        foreach (var dialect in Dialect.All)
            Assert.Equal(expected, Scripted.Answers(dialect.Name, before + call, 1));
    }

    [Theory]
    [InlineData("0x100000001", "0", "ENODEV")] // all 64 bits count
    [InlineData("0x100000003", "0", "ENODEV")]
    [InlineData("0xffffffffffffffff", "0", "ENODEV")]
    [InlineData("0x8000000000000003", "0", "ENODEV")]
    [InlineData("spapr-tce", "0", "ENODEV")]
    [InlineData("8", "0", "ENODEV")] // NOIOMMU
    [InlineData("0", "0", "ENODEV")]
    [InlineData("type1", "0 value=0x1", "0")]
    [InlineData("unmap-all", "0 value=0x1", "EINVAL")] // offered, but no type
    [InlineData("nesting", "0 value=0x1", "EINVAL")] // C18
    public void Extensions_and_types_are_whole_values(string value, string checkedBefore, string set)
    {
        foreach (var dialect in (DialectName[])[DialectName.Blk3, DialectName.S61, DialectName.Exc])
            Assert.Equal(
                $"{checkedBefore}; {set}",
                Scripted.Answers(dialect, Attached + $"check-extension 0 {value}; set-iommu 0 {value}", 2));
    }
}
