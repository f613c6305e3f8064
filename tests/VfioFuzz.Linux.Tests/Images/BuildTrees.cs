using VfioFuzz.Linux.Images;

namespace VfioFuzz.Linux.Tests.Images;

/// <summary>A kernel tree of the user's own: what is missing is named, modules may be files or built in.</summary>
public sealed class BuildTrees : IDisposable
{
    private readonly string tree = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(tree, recursive: true);

    [Fact]
    public void A_whole_tree_is_taken_as_it_is()
    {
        Write(Options);
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(tree, "include/config")).FullName, "kernel.release"), "6.1.9-mine\n");
        var parts = BuildTree.Parts(tree);
        Assert.Equal(("6.1.9-mine", Path.Combine(tree, "vmlinux"), tree), (parts.Release, parts.Vmlinux, parts.Modules));
    }

    [Fact]
    public void Each_option_that_is_off_is_named_and_no_other()
    {
        var options = Options;
        Assert.InRange(options.Count, 15, 40);
        foreach (var option in options)
        {
            Write([.. options.Where(other => other != option)]);
            var refusal = Assert.Throws<KernelUnavailableException>(() => BuildTree.Parts(tree));
            Assert.Equal(option, refusal.Message.Split('\n')[^1].Trim());
        }
    }

    [Fact]
    public void A_tree_without_a_PVH_entry_boots_its_image()
    {
        Write([.. Options.Where(option => option != "CONFIG_PVH")]);
        var image = Path.Combine(Directory.CreateDirectory(Path.Combine(tree, "arch/x86/boot")).FullName, "bzImage");
        File.WriteAllText(image, "");
        Assert.Equal(image, BuildTree.Parts(tree).Vmlinux);
    }

    [Theory]
    [InlineData("vmlinux", "bzImage")]
    [InlineData("Module.symvers", "make modules")]
    [InlineData(".config", ".config")]
    public void What_a_tree_lacks_is_said(string file, string said)
    {
        Write(Options);
        File.Delete(Path.Combine(tree, file));
        var refusal = Assert.Throws<KernelUnavailableException>(() => BuildTree.Parts(tree));
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vfio-pci", "vfio_pci", true, false)]
    [InlineData("vfio_iommu_type1", "vfio_iommu_type1", true, false)]
    [InlineData("mdev", "mdev", false, true)]
    [InlineData("virtio-iommu", "virtio_iommu", false, false)]
    public void A_module_is_a_file_or_built_in_or_missing(string file, string name, bool isFile, bool isBuiltIn)
    {
        if (isFile)
            Module("modules.order", file);
        if (isBuiltIn)
            File.WriteAllText(Path.Combine(tree, "modules.builtin"), $"kernel/drivers/vfio/{file}.ko\n");
        var modules = new ModuleSet(tree);
        Assert.Equal((isFile || isBuiltIn, isBuiltIn), (modules.Has(name), modules.IsBuiltIn(name)));
    }

    [Fact]
    public void What_is_listed_and_not_there_is_missing()
    {
        File.WriteAllText(Path.Combine(tree, "modules.order"), "kernel/drivers/vfio/vfio.ko\n");
        Assert.False(new ModuleSet(tree).Has("vfio"));
    }

    [Fact]
    public void Only_files_are_loaded()
    {
        Module("modules.order", "vfio");
        File.WriteAllText(Path.Combine(tree, "modules.builtin"), "kernel/drivers/vfio/mdev/mdev.ko\n");
        var load = new ModuleSet(tree).InLoadOrder(["mdev", "vfio"], default);
        Assert.Equal("vfio", Assert.Single(load).Name);
    }

    [Fact]
    public void A_type1_module_for_a_kernel_that_has_it_built_in_is_refused()
    {
        File.WriteAllText(Path.Combine(tree, "modules.builtin"), "kernel/drivers/vfio/vfio_iommu_type1.ko\n");
        var kernel = new PreparedKernel("mine", "6.1.9-mine", $"tree {tree}", tree, tree, tree, tree, "gcc", "");
        var refusal = Assert.Throws<KernelUnavailableException>(() => LinuxTarget.WithModule(kernel, "mine.ko"));
        Assert.Contains("CONFIG_VFIO_IOMMU_TYPE1=m", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Every option that a tree needs.</summary>
    private IReadOnlyList<string> Options
    {
        get
        {
            var empty = Path.Combine(tree, "empty");
            File.WriteAllText(empty, "");
            return new KernelConfiguration(empty).Missing();
        }
    }

    private void Write(IReadOnlyList<string> options)
    {
        File.WriteAllLines(Path.Combine(tree, ".config"), options.Select(option => option + "=y"));
        foreach (var file in (string[])["vmlinux", "Module.symvers"])
            File.WriteAllText(Path.Combine(tree, file), "");
    }

    private void Module(string list, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(tree, "kernel/drivers/vfio")).FullName;
        File.WriteAllText(Path.Combine(folder, name + ".ko"), "");
        File.WriteAllText(Path.Combine(tree, list), $"kernel/drivers/vfio/{name}.ko\n");
    }
}
