namespace VfioFuzz.Linux.Tests;

/// <summary>A preparation that is interrupted goes on where it stopped, and never leaves half a step behind.</summary>
public sealed class StoredKernels : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_step_is_made_once_for_its_inputs()
    {
        var store = new KernelStore(folder);
        var made = 0;
        var first = store.Step("vmlinux", "input 1", _ => made++);
        Assert.Equal(first, store.Step("vmlinux", "input 1", _ => made++));
        Assert.NotEqual(first, store.Step("vmlinux", "input 2", _ => made++));
        Assert.Equal(2, made);
    }

    [Fact]
    public void A_step_that_fails_leaves_nothing_and_is_made_again()
    {
        var store = new KernelStore(folder);
        Assert.Throws<IOException>(() => store.Step("guest", "input", target =>
        {
            File.WriteAllText(Path.Combine(target, "half"), "");
            throw new IOException("power cut");
        }));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, "steps")));
        var whole = store.Step("guest", "input", target => File.WriteAllText(Path.Combine(target, "whole"), ""));
        Assert.True(File.Exists(Path.Combine(whole, "whole")));
    }

    [Fact]
    public void A_kernel_whose_files_are_gone_is_not_prepared()
    {
        var store = new KernelStore(folder);
        var file = Path.Combine(folder, "steps", "vmlinux");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "");
        var kernel = new PreparedKernel("6.1", "6.1.0-1-amd64", "6.1.1-1", file, file, folder, folder, "gcc-12", "abc");
        store.Save(kernel);
        Assert.Equal(kernel, new KernelStore(folder).Find("6.1"));
        Assert.Equal(["6.1"], store.Names);
        File.Delete(file);
        Assert.Null(store.Find("6.1"));
    }

    [Fact]
    public void Steps_that_no_kernel_names_go_when_unused_for_a_day()
    {
        var store = new KernelStore(folder);
        var image = Step("image", "used");
        var old = Step("image", "of older sources");
        var half = Path.Combine(folder, "steps", "guest-1.partial-1");
        Directory.CreateDirectory(half);
        var file = Path.Combine(image, "initramfs");
        store.Save(new PreparedKernel("6.1", "6.1.0-1-amd64", "6.1.1-1", file, file, image, image, "gcc-12", "abc"));
        Assert.Equal(0, store.Prune(DateTime.UtcNow));
        var later = DateTime.UtcNow + KernelStore.KeptUnused + TimeSpan.FromMinutes(1);
        Assert.Equal(2, store.Prune(later));
        Assert.True(Directory.Exists(image));
        Assert.False(Directory.Exists(old) || Directory.Exists(half));

        string Step(string name, string inputs) =>
            store.Step(name, inputs, target => File.WriteAllText(Path.Combine(target, "initramfs"), ""));
    }

    [Fact]
    public void A_step_that_is_used_again_stays()
    {
        var store = new KernelStore(folder);
        var step = store.Step("guest", "input", _ => { });
        Directory.SetLastWriteTimeUtc(step, DateTime.UtcNow - (2 * KernelStore.KeptUnused));
        store.Step("guest", "input", _ => { });
        Assert.Equal(0, store.Prune(DateTime.UtcNow));
        Directory.SetLastWriteTimeUtc(step, DateTime.UtcNow - (2 * KernelStore.KeptUnused));
        Assert.Equal(1, store.Prune(DateTime.UtcNow));
    }

    [Fact]
    public void A_tree_without_a_kernel_is_refused_with_what_to_do()
    {
        File.WriteAllText(Path.Combine(folder, ".config"), "");
        var refusal = Assert.Throws<KernelUnavailableException>(() => KernelPreparation.Prepare(
            new KernelRequest("mine", folder, Path.Combine(folder, "cache")), new Progress<string>(), default));
        Assert.Contains("bzImage", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trees_missing_options_are_all_named()
    {
        File.WriteAllText(Path.Combine(folder, ".config"), "CONFIG_VFIO=m\n");
        File.WriteAllText(Path.Combine(folder, "vmlinux"), "");
        var refusal = Assert.Throws<KernelUnavailableException>(() => KernelPreparation.Prepare(
            new KernelRequest("mine", folder, Path.Combine(folder, "cache")), new Progress<string>(), default));
        foreach (var option in (string[])["CONFIG_VFIO_IOMMU_TYPE1", "CONFIG_VFIO_MDEV", "CONFIG_VFIO_PCI"])
            Assert.Contains(option, refusal.Message, StringComparison.Ordinal);
    }
}
