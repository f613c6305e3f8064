using System.Globalization;
using VfioFuzz.Linux.Channels;

namespace VfioFuzz.Linux.Machines;

/// <summary>QEMU's command line.</summary>
internal static class MachineArguments
{
    private const string FastBios = "/usr/share/qemu/qboot.rom";

    /// <summary>
    /// oops=panic panic=-1 and -no-reboot: a broken kernel ends its machine at once. no_timer_check: one TCG boot in
    /// 90 under load fails that check. The stall and lockup watchers count time that a busy host did not give the
    /// guest; the heartbeat on the channel replaces them. quiet saves a third of a second of serial line; the sysctl
    /// lets warnings through again before init runs. mitigations=off: they guard nothing here and cost emulation.
    /// From init_on_alloc=0 on: what every allocation, open and exec pays for and no program can see (a tenth of the
    /// guest's instructions); capabilities stay, and memory for users is cleared as ever.
    /// </summary>
    private const string KernelArguments =
        "console=ttyS0 quiet sysctl.kernel.printk=5 panic=-1 oops=panic intel_iommu=on iommu=nopt no_timer_check "
        + "nowatchdog rcupdate.rcu_cpu_stall_suppress=1 mitigations=off nokaslr random.trust_cpu=on "
        + "init_on_alloc=0 lsm=capability audit=0 psi=0 transparent_hugepage=never "
        + "cgroup_disable=memory,cpu,cpuacct,blkio,io,pids,perf_event";

    /// <summary>
    /// QEMU's plainest CPU has fewest features to emulate: programs take a fifth less time than with max.
    /// </summary>
    private const string EmulatedProcessor = "qemu64";

    public static IReadOnlyList<string> Of(MachineOptions options, string memory, string console, IReadOnlyList<string> cards)
    {
        var kvm = options.Accelerator.StartsWith("kvm", StringComparison.Ordinal);
        List<string> arguments =
        [
            "-machine", kvm ? "q35,kernel-irqchip=split" : "q35",
            "-accel", options.Accelerator == "tcg" ? "tcg,thread=multi" : options.Accelerator,
            "-cpu", kvm ? "host" : EmulatedProcessor,
            "-smp", options.Processors.ToString(CultureInfo.InvariantCulture),
            "-m", options.MemoryMebibytes.ToString(CultureInfo.InvariantCulture),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", options.Vmlinux, "-initrd", options.Initramfs, "-append", KernelArguments,
            "-serial", $"file:{console}",
            .. options.Iommu.Arguments,
            "-object", string.Create(CultureInfo.InvariantCulture,
                $"memory-backend-file,id=wire,share=on,mem-path={memory},size={Wire.MemorySize}"),
            "-device", "ivshmem-plain,memdev=wire",
            .. PciDevice.Memory,
        ];
        for (var number = 0; number < options.Devices.Count; number++)
            foreach (var argument in options.Devices[number].Arguments)
                arguments.Add(argument
                    .Replace("{card}", cards[number], StringComparison.Ordinal)
                    .Replace("{number}", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        if (File.Exists(FastBios))
            arguments.AddRange(["-bios", FastBios]);
        return arguments;
    }
}
