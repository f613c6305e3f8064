using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;

namespace VfioFuzz.Mutation;

/// <summary>
/// The golden vectors of built tests, run one after the other in this process until one fails: a fraction of a test runner's time, which is
/// what most mutants get. Meant for a process of its own, which may be ended when it hangs.
/// </summary>
internal sealed class Vectors(string folder) : AssemblyLoadContext("mutant")
{
    /// <summary>The vector that fails first, or null.</summary>
    public static string? FirstFailure(string folder)
    {
        var tests = new Vectors(folder).LoadFromAssemblyPath(Path.GetFullPath(Path.Combine(folder, "VfioFuzz.Model.Tests.dll")));
        var ran = 0;
        foreach (var type in tests.GetTypes().Where(type => type.Namespace?.EndsWith(".Golden", StringComparison.Ordinal) == true))
            foreach (var method in type.GetMethods())
                if (method.GetCustomAttributes().Any(attribute => attribute.GetType().Name is "FactAttribute" or "TheoryAttribute"))
                    foreach (var row in Rows(method))
                    {
                        ran++;
                        if (Fails(type, method, row))
                            return $"{type.Name}.{method.Name}({string.Join(", ", row)})";
                    }
        return ran > 0 ? null : throw new InvalidOperationException($"{folder} holds no golden vector");
    }

    protected override Assembly? Load(AssemblyName assemblyName) =>
        Path.GetFullPath(Path.Combine(folder, assemblyName.Name + ".dll")) is var path && File.Exists(path) ? LoadFromAssemblyPath(path) : null;

    private static IEnumerable<object?[]> Rows(MethodInfo method)
    {
        var rows = method.GetCustomAttributes().Where(attribute => attribute.GetType().Name == "InlineDataAttribute").ToArray();
        return rows.Length == 0
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
}
