using System.Reflection;
using System.Xml.Linq;

namespace VfioFuzz.Architecture.Tests;

/// <summary>Who may see whom: the compiler keeps the judge from seeing the judged.</summary>
public sealed class WallTests
{
    private static readonly string[] Pure = ["Programs", "Model", "Simulation", "Checking"];

    /// <summary>A project and all that it may see.</summary>
    public static TheoryData<string, string> Walls => new()
    {
        { "Programs", "" },
        { "Model", "Programs" },
        { "Simulation", "Programs" },
        { "Linux", "Programs" },
        { "Checking", "Programs Model" },
        { "Campaigns", "Programs Model Checking" },
        { "Cli", "Programs Model Simulation Linux Checking Campaigns" },
    };

    [Theory]
    [MemberData(nameof(Walls))]
    public void A_project_file_names_only_what_the_project_may_see(string project, string seen)
    {
        var references = XDocument.Load(ProjectFile(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Offenders.None(references.Except(Named(seen)));
    }

    [Theory]
    [MemberData(nameof(Walls))]
    public void An_assembly_refers_only_to_what_the_project_may_see(string project, string seen)
    {
        var assembly = Assembly.Load(project == "Cli" ? "vfiofuzz" : "VfioFuzz." + project);
        var references = assembly.GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name.StartsWith("VfioFuzz.", StringComparison.Ordinal));
        Offenders.None(references.Except(Named(seen)));
    }

    [Fact]
    public void Every_project_of_src_has_its_walls()
    {
        var projects = Repository.Files
            .Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file).Replace("VfioFuzz.", "", StringComparison.Ordinal));
        Assert.Equal(projects.Order(), Walls.Select(row => (string)row[0]).Order());
    }

    [Fact]
    public void Pure_projects_ban_clocks_files_and_ambient_randomness()
    {
        foreach (var project in Pure)
        {
            var flag = XDocument.Load(ProjectFile(project)).Descendants("VfioFuzzPure").Select(element => element.Value);
            Assert.Equal(["true"], flag);
        }
    }

    [Fact]
    public void Nothing_in_a_pure_project_lifts_the_ban() =>
        Offenders.None(Repository.Sources
            .Where(file => Pure.Any(project => file.StartsWith($"src/VfioFuzz.{project}/", StringComparison.Ordinal)))
            .Where(file => Repository.Read(file).Contains("RS0030", StringComparison.Ordinal)));

    private static string ProjectFile(string project) =>
        Path.Combine(Repository.Root, "src", "VfioFuzz." + project, $"VfioFuzz.{project}.csproj");

    private static IEnumerable<string> Named(string projects) =>
        projects.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(project => "VfioFuzz." + project);
}
