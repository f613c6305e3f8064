using VfioFuzz.Linux.Machines;

namespace VfioFuzz.Linux.Tests.Machines;

/// <summary>What machines are made of, and how targets name it.</summary>
public sealed class Hardware
{
    [Theory]
    [InlineData("linux/6.1", "6.1", "intel-iommu")]
    [InlineData("linux/6.12+virtio-iommu", "6.12", "virtio-iommu")]
    [InlineData("linux/6.12+intel-iommu-48", "6.12", "intel-iommu-48")]
    [InlineData("linux/6.1+intel-iommu-no-intremap", "6.1", "intel-iommu-no-intremap")]
    [InlineData("linux/6.12.117+deb12", "6.12.117+deb12", "intel-iommu")]
    [InlineData("linux/6.12.117+deb12+virtio-iommu", "6.12.117+deb12", "virtio-iommu")]
    public void A_targets_name_says_kernel_and_iommu(string name, string kernel, string iommu)
    {
        var parsed = TargetName.Parse(name);
        Assert.Equal((kernel, iommu), (parsed?.Kernel, parsed?.Iommu.Name));
        Assert.Equal(name, parsed.ToString());
    }

    [Fact]
    public void A_design_is_no_real_kernel() => Assert.Null(TargetName.Parse("sim/blocking"));

    [Fact]
    public void Every_pci_device_has_a_card_of_its_own()
    {
        var arguments = MachineArguments.Of(new MachineOptions("vmlinux", "initramfs"), "memory", "console", ["first", "second", "third"]);
        Assert.Single(arguments, argument => argument.Contains("file=first", StringComparison.Ordinal));
        Assert.Single(arguments, argument => argument.Contains("file=second", StringComparison.Ordinal));
        Assert.Single(arguments, argument => argument.Contains("file=third", StringComparison.Ordinal));
        Assert.DoesNotContain(arguments, argument => argument.Contains('{', StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_has_the_iommu_that_was_asked_for()
    {
        foreach (var iommu in EmulatedIommu.All)
        {
            var machine = new MachineOptions("vmlinux", "initramfs") { Iommu = iommu };
            var arguments = MachineArguments.Of(machine, "memory", "console", ["first", "second", "third"]);
            Assert.Single(arguments, argument => argument.Contains("-iommu", StringComparison.Ordinal));
            Assert.Contains(iommu.Arguments[^1], arguments);
        }
    }
}
