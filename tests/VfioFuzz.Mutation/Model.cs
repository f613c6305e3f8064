using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace VfioFuzz.Mutation;

/// <summary>The reference model's source, and its assembly made anew: once with every mutant that can be switched, or with a single one.</summary>
internal sealed class Model
{
    /// <summary>What every project of the repository has implicitly, and the version that the others ask for.</summary>
    private const string Implicit =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;\n"
        + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;\n"
        + "[assembly: System.Reflection.AssemblyVersion(\"1.0.0.0\")]\n";

    /// <summary>
    /// What decides no answer, and so is no rule: how the judge searches, enumerates choices, and copies and compares states; how large the
    /// state's pools are; the rules' names and texts; the books of how often a rule was used, and the words for why one was not; and what tells
    /// a fuzzer how new a judged program was.
    /// </summary>
    private static readonly string[] NoRules =
    [
        "Judging/", "Acceptance.cs", "Acceptor.cs", "Predictor.cs", "OpenChoices.cs",
        "State/ModelState.Copies.cs", "State/Mixer.cs", "State/Capacity.cs",
        "Promise.cs", "RuleId.cs", "Rules.cs", "Rules.Table.cs", "Rules.Mappings.cs",
        "RuleUses.cs", "RuleReach.cs", "PlantedError.cs", "Properties.cs", "ModelTrail.cs", "State/StateFactors.cs", "State/TouchedRange.cs",
    ];

    private readonly ImmutableSortedDictionary<string, string> sources;
    private readonly CSharpCompilation whole;
    private readonly Dictionary<string, SyntaxTree> trees = [];
    private readonly Dictionary<string, int> numbers = [];

    /// <summary>Of mutants that cannot be switched: asked for when they are drawn, and again when they are tried.</summary>
    private readonly Dictionary<string, byte[]?> compiled = [];
    private readonly Lazy<byte[]> unchanged;
    private ImmutableHashSet<string> same = [];

    public Model(string folder)
    {
        sources = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .ToImmutableSortedDictionary(
                path => Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllText, StringComparer.Ordinal);
        foreach (var (file, text) in sources)
            trees.Add(file, CSharpSyntaxTree.ParseText(text, ParseOptions, file));
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
        whole = CSharpCompilation.Create(
            "VfioFuzz.Model",
            [.. trees.Values, CSharpSyntaxTree.ParseText(Implicit, ParseOptions), CSharpSyntaxTree.ParseText(Schemata.SwitchSource, ParseOptions)],
            platform.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable));
        unchanged = new(() => Emit(whole) ?? throw new InvalidOperationException(
            "the model does not compile: " + whole.GetDiagnostics().First(found => found.Severity == DiagnosticSeverity.Error)));
        All = [.. sources.Where(source => !Array.Exists(NoRules, other => source.Key.StartsWith(other, StringComparison.Ordinal)))
            .SelectMany(source => Mutations.Of(source.Key, source.Value))];
    }

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.Latest);

    /// <summary>All source, for the name of a sample: another source is another sample.</summary>
    public string Text => string.Concat(sources.Select(source => source.Key + source.Value));

    /// <summary>Every mutant of the rule files, in the order of the text.</summary>
    public ImmutableArray<Mutant> All { get; }

    public string Source(string file) => sources[file];

    /// <summary>The number that switches to a mutant in <see cref="CompileSwitched"/>'s assembly; 0 when it is not in there.</summary>
    public int NumberOf(Mutant mutant) => numbers.GetValueOrDefault(mutant.Id);

    /// <summary>Whether the compiler makes another program of it than of the model, or any program at all.</summary>
    public bool IsOther(Mutant mutant) => NumberOf(mutant) > 0 ? !same.Contains(mutant.Id) : !IsSwitchable(mutant) && Compile(mutant) is not null;

    /// <summary>One assembly with every mutant of a method that compiles.</summary>
    public byte[] CompileSwitched()
    {
        var left = All.Where(IsSwitchable).DistinctBy(mutant => mutant.Id).Index().ToDictionary(mutant => mutant.Index + 1, mutant => mutant.Item);
        for (; ; )
        {
            var compilation = whole;
            var made = new Dictionary<SyntaxTree, Schemata>();
            foreach (var file in left.GroupBy(mutant => mutant.Value.File))
            {
                var schemata = Schemata.Of(trees[file.Key].GetRoot(), Source(file.Key), file.Select(mutant => (mutant.Value, mutant.Key)));
                var tree = CSharpSyntaxTree.ParseText(schemata.Text, ParseOptions, file.Key);
                made.Add(tree, schemata);
                compilation = compilation.ReplaceSyntaxTree(trees[file.Key], tree);
            }
            using var image = new MemoryStream();
            var emitted = compilation.Emit(image);
            if (emitted.Success)
            {
                foreach (var (number, mutant) in left)
                    numbers[mutant.Id] = number;
                same = [.. SameAsBefore(image.ToArray(), left)];
                return image.ToArray();
            }
            var wrong = emitted.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error)
                .Select(found => made[found.Location.SourceTree!].NumberAt(found.Location.SourceSpan.Start)).ToHashSet();
            if (wrong.Contains(0))
                throw new InvalidOperationException("the switches do not compile: " + emitted.Diagnostics.First(found =>
                    found.Severity == DiagnosticSeverity.Error && made[found.Location.SourceTree!].NumberAt(found.Location.SourceSpan.Start) == 0));
            foreach (var number in wrong)
                left.Remove(number);
        }
    }

    /// <summary>The assembly with the mutant in it; null when it does not compile or is the same program.</summary>
    public byte[]? Compile(Mutant mutant)
    {
        if (compiled.TryGetValue(mutant.Id, out var known))
            return known;
        var tree = trees[mutant.File];
        var changed = whole.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(mutant.Apply(Source(mutant.File)), ParseOptions, mutant.File));
        return compiled[mutant.Id] = Emit(changed) is { } image && !image.AsSpan().SequenceEqual(unchanged.Value) ? image : null;
    }

    private bool IsSwitchable(Mutant mutant) => Schemata.MemberAt(trees[mutant.File].GetRoot(), mutant.Start, mutant.Length) is not null;

    /// <summary>Mutants whose instructions are those of their member as it is.</summary>
    private IEnumerable<string> SameAsBefore(byte[] image, Dictionary<int, Mutant> mutants)
    {
        using var file = new PEReader(new MemoryStream(image));
        var metadata = file.GetMetadataReader();
        var bodies = new Dictionary<string, byte[]>();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            var name = metadata.GetString(method.Name);
            if (method.RelativeVirtualAddress != 0 && name.Contains("__", StringComparison.Ordinal))
                bodies[name] = file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!;
        }
        foreach (var member in mutants.GroupBy(mutant => Schemata.MemberAt(trees[mutant.Value.File].GetRoot(), mutant.Value.Start, mutant.Value.Length)!))
        {
            var accessor = member.Key is PropertyDeclarationSyntax ? "get_" : "";
            var name = accessor + Schemata.NameOf(member.Key);
            var before = bodies[Schemata.BaseNameOf(name, member.Min(mutant => mutant.Key))];
            foreach (var (number, mutant) in member)
                if (bodies[Schemata.NameOf(name, number)].AsSpan().SequenceEqual(before))
                    yield return mutant.Id;
        }
    }

    private static byte[]? Emit(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        return compilation.Emit(image).Success ? image.ToArray() : null;
    }
}
