using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace VfioFuzz.Mutation;

/// <summary>The reference model's source, and its assembly made anew with one file changed.</summary>
internal sealed class Model
{
    /// <summary>What every project of the repository has implicitly, and the version that the others ask for.</summary>
    private const string Implicit =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;\n"
        + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;\n"
        + "[assembly: System.Reflection.AssemblyVersion(\"1.0.0.0\")]\n";

    /// <summary>Folders and files that are not the contract: the judge's search, texts, books of counts.</summary>
    private static readonly string[] NoRules =
    [
        "Judging/", "State/", "Acceptance.cs", "Acceptor.cs", "Contract.cs", "Dialect.cs", "OpenChoices.cs", "Outcome.cs", "PlantedError.cs",
        "Predictor.cs", "Promise.cs", "Properties.cs", "RuleId.cs", "Rules.cs", "Rules.Table.cs", "RuleUses.cs", "Step.cs",
    ];

    private readonly ImmutableSortedDictionary<string, string> sources;
    private readonly CSharpCompilation whole;
    private readonly Dictionary<string, SyntaxTree> trees = [];
    private readonly byte[] unchanged;

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
            [.. trees.Values, CSharpSyntaxTree.ParseText(Implicit, ParseOptions)],
            platform.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable));
        unchanged = Emit(whole) ?? throw new InvalidOperationException(
            "the model does not compile: " + whole.GetDiagnostics().First(found => found.Severity == DiagnosticSeverity.Error));
    }

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.Latest);

    /// <summary>All source, for the name of a sample: another source is another sample.</summary>
    public string Text => string.Concat(sources.Select(source => source.Key + source.Value));

    public string Source(string file) => sources[file];

    /// <summary>Every mutant of the rule files, in the order of the text.</summary>
    public IEnumerable<Mutant> Mutants() =>
        sources.Where(source => !Array.Exists(NoRules, other => source.Key.StartsWith(other, StringComparison.Ordinal)))
            .SelectMany(source => Mutations.Of(source.Key, source.Value));

    /// <summary>The assembly with the mutant in it; null when it does not compile or is the same program.</summary>
    public byte[]? Compile(Mutant mutant)
    {
        var tree = trees[mutant.File];
        var changed = whole.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(mutant.Apply(Source(mutant.File)), ParseOptions, mutant.File));
        return Emit(changed) is { } image && !image.AsSpan().SequenceEqual(unchanged) ? image : null;
    }

    private static byte[]? Emit(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        return compilation.Emit(image).Success ? image.ToArray() : null;
    }
}
