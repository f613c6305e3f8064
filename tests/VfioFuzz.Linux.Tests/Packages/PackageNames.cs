using VfioFuzz.Linux.Packages;

namespace VfioFuzz.Linux.Tests.Packages;

/// <summary>What apt's index says is read as it is meant.</summary>
public sealed class PackageNames
{
    [Theory]
    [InlineData("6.1.0-9-amd64", "6.1.0-56-amd64", -1)]
    [InlineData("6.1.0-56-amd64", "6.1.0-56-amd64", 0)]
    [InlineData("6.12.117+deb12-amd64", "6.12.99+deb12-amd64", 1)]
    [InlineData("6.1.0-056", "6.1.0-56", 0)]
    [InlineData("6.1", "6.1.0", -1)]
    public void Releases_are_ordered_by_their_numbers(string left, string right, int order) =>
        Assert.Equal(order, Math.Sign(NaturalOrder.Instance.Compare(left, right)));

    [Fact]
    public void A_stanza_is_read_without_the_versions_of_its_dependencies()
    {
        var package = DebianPackage.Parse("""
            Package: linux-headers-6.1.0-56-amd64
            Version: 6.1.192-2
            Installed-Size: 4150
            Depends: linux-headers-6.1.0-56-common (= 6.1.192-2), linux-kbuild-6.1, gcc-12 | clang
            Description: Header files
             and more: of them
            Size: 1841552
            SHA256: 796a

            Package: an-older-one
            """);
        Assert.Equal("6.1.192-2", package.Version);
        Assert.Equal(1841552, package.Size);
        Assert.Equal(4150 * 1024, package.InstalledSize);
        Assert.Equal(["linux-headers-6.1.0-56-common", "linux-kbuild-6.1", "gcc-12", "clang"], package.Depends);
    }
}
