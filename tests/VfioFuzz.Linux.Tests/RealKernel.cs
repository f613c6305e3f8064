using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Images;
using VfioFuzz.Linux.Machines;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Tests;

/// <summary>One guest after the other on a prepared kernel.</summary>
public sealed class RealKernel
{
    private static readonly TaskId Thread0 = TaskId.Of(0, 0);
    private static readonly World Mdev = new(DeviceSpec.Mdev);
    private static readonly HostAddress Window = new(Limits.WindowBase);

    [KernelFact]
    public void A_kernel_answers_as_its_documentation_says()
    {
        using var target = LinuxTarget.Create(Options);
        var answers = Answers(target.Run([Mapping], default).Single());
        Assert.Equal(Answer.Ok(), answers[4]);
        Assert.Equal(Answer.Fails(Errno.EEXIST), answers[5]);
        Assert.Equal(Answer.Ok(0x2000), answers[6]);
        Assert.Equal(DialectName.S61, target.Platform.Dialect);
        Assert.NotEmpty(target.Platform.PciRanges);
    }

    [KernelFact]
    public void A_program_answers_the_same_whenever_it_is_run()
    {
        using var target = LinuxTarget.Create(Options);
        var runs = target.Run(Enumerable.Repeat(Mapping, 600), default).Select(Answers).ToList();
        Assert.Equal(600, runs.Count);
        Assert.All(runs, answers => Assert.Equal(runs[0], answers));
        Assert.Equal(1, target.GuestsStarted);
    }

    [KernelFact]
    public void A_guest_whose_QEMU_is_killed_is_replaced_and_nothing_is_lost()
    {
        var machines = new List<VirtualMachine>();
        using var target = LinuxTarget.Create("linux/killed", _ => Boot(machines), Options);
        var seen = 0;
        foreach (var history in target.Run(Enumerable.Repeat(Mapping, 100), default))
        {
            Assert.Null(history.Incomplete);
            Assert.Equal(Answer.Fails(Errno.EEXIST), Answers(history)[5]);
            if (++seen == 40)
                machines[0].Kill();
        }
        Assert.Equal(100, seen);
        Assert.Equal(2, machines.Count);
    }

    [KernelFact]
    public void Disposing_a_target_leaves_no_process_and_no_file()
    {
        var machines = new List<VirtualMachine>();
        using (LinuxTarget.Create("linux/disposed", _ => Boot(machines), Options))
            Assert.True(Directory.Exists($"/proc/{machines[0].ProcessId}"));
        Assert.False(Directory.Exists($"/proc/{machines[0].ProcessId}"));
        Assert.Empty(Directory.EnumerateFiles(VirtualMachine.RunFolder, $"vfiofuzz-{Environment.ProcessId}-*"));
    }

    [KernelFact]
    public void A_type1_module_that_does_not_load_is_said_so()
    {
        var module = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(module, OfAnotherKernel());
            var refusal = Assert.Throws<KernelUnavailableException>(
                () => LinuxTarget.Create(Options with { Type1Module = module }));
            Assert.Contains(module, refusal.Message, StringComparison.Ordinal);
            Assert.Contains("does not load", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(module);
        }
    }

    /// <summary>The kernel's own type1 module with every checksum of what it imports made wrong.</summary>
    private static byte[] OfAnotherKernel()
    {
        var kernel = new KernelStore().Find(KernelFactAttribute.Kernel)!;
        var content = new ModuleSet(kernel.Modules).InLoadOrder([Initramfs.Type1], default)[^1].Content;
        var magic = content.AsSpan().IndexOf("vermagic="u8);
        content.AsSpan(magic + "vermagic="u8.Length, 3).Fill((byte)'9');
        var version = content.AsSpan().IndexOf("module_layout"u8);
        content[version - sizeof(ulong)] ^= 0xff;
        return content;
    }

    private static LinuxTargetOptions Options => new() { Kernel = KernelFactAttribute.Kernel, Guests = 1 };

    private static Program Mapping => Program.Sequential(
        Mdev,
        Operation.OpenContainer(Thread0, 1), Operation.OpenGroup(Thread0, 0, 2), Operation.Attach(Thread0, 2, 1),
        Operation.SetIommu(Thread0, 1, Extension.Type1V2),
        Operation.Map(Thread0, 1, new(0), new(0x2000), Window, MapFlags.Read | MapFlags.Write),
        Operation.Map(Thread0, 1, new(0x1000), new(0x1000), Window, MapFlags.Read),
        Operation.Unmap(Thread0, 1, new(0), new(0x10000)));

    private static VirtualMachine Boot(List<VirtualMachine> machines)
    {
        var kernel = KernelPreparation.Current(
            new KernelStore(), KernelFactAttribute.Kernel, KernelRequest.ShippedGuestSource, new Progress<string>(),
            default);
        var machine = VirtualMachine.Boot(new MachineOptions(kernel.Vmlinux, kernel.Initramfs), default);
        machines.Add(machine);
        return machine;
    }

    private static List<Answer> Answers(History history)
    {
        var answers = new List<Answer>();
        foreach (var happened in history.Events)
            if (happened.Kind == EventKind.Answered)
                answers.Add(happened.Answer);
        return answers;
    }
}
