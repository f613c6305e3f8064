using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using FsCheck;

namespace VfioFuzz.Mutation;

/// <summary>
/// The built tests of the model, run in this process against whichever mutant is switched on: golden vectors first, then what simulated designs
/// answered (recorded once), then the properties. A test runner would take most of its time to start.
/// </summary>
internal sealed class Suite(string tests, string commandTests, string model) : AssemblyLoadContext("mutants")
{
    /// <summary>Design, threads a process, programs: those that are cheap and see most come first.</summary>
    private static readonly (string Design, int Threads, int Programs)[] Recorded =
    [
        ("exclusion", 1, 3000), ("blocking", 1, 3000), ("removal", 1, 3000), ("file", 1, 3000), ("change-mm", 1, 3000), ("iommufd", 1, 3000),
        ("waiters", 1, 2000), ("sticky", 1, 2000), ("blocking?notify=chain", 1, 3000),
        ("exclusion", 2, 2000), ("blocking", 2, 1000), ("blocking?notify=chain", 2, 1000),
    ];

    private readonly List<Func<string?>?> recordings = [.. Recorded.Select(_ => (Func<string?>?)null)];

    /// <summary>Called whenever some tests have ended: what is silent for long hangs.</summary>
    public Action Alive { get; set; } = () => { };

    /// <summary>Switches to a mutant; 0 is the model as it was compiled.</summary>
    public void Activate(int number) =>
        ModelAssembly.GetType(Schemata.Switch)!.GetField("Active")!.SetValue(null, number);

    /// <summary>The first that fails: its stage and its name; null when all pass.</summary>
    public Ending? FirstFailure(int number) =>
        First("golden vectors", Golden) ?? First("agreement with simulated designs", () => Agreement(number)) ?? First("tests of the model", Others);

    protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name switch
    {
        "VfioFuzz.Model" => ModelAssembly,
        "FsCheck" or "FSharp.Core" => null,
        var name => new[] { tests, commandTests }.Select(folder => Path.GetFullPath(Path.Combine(folder, name + ".dll"))).FirstOrDefault(File.Exists)
            is { } path ? LoadFromAssemblyPath(path) : null,
    };

    private Assembly ModelAssembly => Assemblies.FirstOrDefault(loaded => loaded.GetName().Name == "VfioFuzz.Model") ?? LoadFromAssemblyPath(Path.GetFullPath(model));

    private Type[] Types => LoadFromAssemblyPath(Path.GetFullPath(Path.Combine(tests, "VfioFuzz.Model.Tests.dll"))).GetTypes();

    private static Ending? First(string stage, Func<string?> tests) => tests() is { } failure ? new Ending(stage, failure) : null;

    private string? Golden()
    {
        var ran = 0;
        foreach (var type in Types.Where(IsGolden))
        {
            foreach (var method in type.GetMethods().Where(IsCase))
                foreach (var row in Rows(method))
                {
                    ran++;
                    if (Fails(type, method, row))
                        return $"{type.Name}.{method.Name}({string.Join(", ", row)})";
                }
            Alive();
        }
        return ran > 0 ? null : throw new InvalidOperationException($"{tests} holds no golden vector");
    }

    private string? Agreement(int number)
    {
        for (var i = 0; i < Recorded.Length; i++)
        {
            if (recordings[i] is null)
            {
                Activate(0);
                recordings[i] = Record(Recorded[i].Design, Recorded[i].Threads, Recorded[i].Programs);
                Activate(number);
                Alive();
            }
            if (Judged(recordings[i]!) is { } refused)
                return $"{Recorded[i].Design}, {Recorded[i].Threads} threads: {refused.Replace('\n', ' ')[..Math.Min(160, refused.Length)]}";
            Alive();
        }
        return null;
    }

    private Func<string?> Record(string design, int threads, int programs)
    {
        var type = LoadFromAssemblyPath(Path.GetFullPath(Path.Combine(commandTests, "VfioFuzz.Cli.Tests.dll"))).GetType("VfioFuzz.Cli.Tests.RecordedAnswers")!;
        return type.GetMethod("FirstRefused")!.CreateDelegate<Func<string?>>(Activator.CreateInstance(type, design, threads, programs));
    }

    private static string? Judged(Func<string?> recording)
    {
        try
        {
            return recording();
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            return thrown.Message;
        }
    }

    /// <summary>Everything else in the test project: single cases, then properties with as many tests as they ask for.</summary>
    private string? Others()
    {
        if (Cases(Types.Where(type => !IsGolden(type) && !IsCampaign(type))) is { } failed)
            return failed;
        foreach (var type in Types)
            foreach (var method in type.GetMethods())
                if (method.GetCustomAttributes().FirstOrDefault(attribute => attribute.GetType().Name == "VfioPropertyAttribute") is { } property)
                {
                    if (FailsProperty(type, method, property))
                        return $"{type.Name}.{method.Name}";
                    Alive();
                }
        return null;
    }

    private string? Cases(IEnumerable<Type> types)
    {
        foreach (var type in types)
            foreach (var method in type.GetMethods().Where(IsCase))
                foreach (var row in Rows(method))
                {
                    if (Fails(type, method, row))
                        return $"{type.Name}.{method.Name}({string.Join(", ", row)})";
                    Alive();
                }
        return null;
    }

    /// <summary>Takes a minute, too dear for each mutant: what only it would see counts as survived.</summary>
    private static bool IsCampaign(Type type) => type.Name == "RuleReachTests";

    private static bool IsGolden(Type type) => type.Namespace?.EndsWith(".Golden", StringComparison.Ordinal) == true;

    private static bool IsCase(MethodInfo method) =>
        method.GetCustomAttributes().Any(attribute => attribute.GetType().Name is "FactAttribute" or "TheoryAttribute");

    private static IEnumerable<object?[]> Rows(MethodInfo method)
    {
        var rows = method.GetCustomAttributes().Where(attribute => attribute.GetType().Name is "InlineDataAttribute" or "MemberDataAttribute").ToArray();
        return rows.Length == 0 && method.GetParameters().Length == 0
            ? [[]]
            : rows.SelectMany(row => (IEnumerable<object?[]>)row.GetType().GetMethod("GetData")!.Invoke(row, [method])!);
    }

    private static bool Fails(Type type, MethodInfo method, object?[] row)
    {
        var arguments = method.GetParameters()
            .Select((parameter, i) => row[i] is { } value && !parameter.ParameterType.IsInstanceOfType(value)
                ? Convert.ChangeType(value, parameter.ParameterType, CultureInfo.InvariantCulture)
                : row[i]);
        try
        {
            method.Invoke(Activator.CreateInstance(type), [.. arguments]);
            return false;
        }
        catch (TargetInvocationException)
        {
            return true;
        }
    }

    private static bool FailsProperty(Type type, MethodInfo method, Attribute property)
    {
        var config = Config.QuickThrowOnFailure
            .WithMaxTest((int)property.GetType().GetProperty("MaxTest")!.GetValue(property)!)
            .WithArbitrary((Type[])property.GetType().GetProperty("Arbitrary")!.GetValue(property)!)
            .WithReplay(1, 3);
        try
        {
            Check.Method(config, method, Activator.CreateInstance(type));
            return false;
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            return true;
        }
    }
}
