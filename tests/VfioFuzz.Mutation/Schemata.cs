using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace VfioFuzz.Mutation;

/// <summary>
/// One file of the model with many mutants in it: behind each method stand its mutants, and the method begins with a switch to them. What
/// lies outside of methods (constants, tables) cannot be switched.
/// </summary>
internal sealed class Schemata
{
    /// <summary>The class that the switches ask, in the model's own assembly; 0 is the model as it is.</summary>
    public const string Switch = "VfioFuzz.Model.Mutated";

    /// <summary>Its source. The variable of the environment serves processes that cannot be told later.</summary>
    public const string SwitchSource =
        $"namespace VfioFuzz.Model; public static class Mutated {{ public static int Active = "
        + $"int.Parse(System.Environment.GetEnvironmentVariable(\"{Variable}\") ?? \"0\"); }}\n";

    public const string Variable = "VFIOFUZZ_MUTANT";

    private readonly List<(TextSpan Span, int Number)> variants = [];

    private Schemata(string text) => Text = text;

    public string Text { get; private set; }

    /// <summary>The name of a mutant's method.</summary>
    public static string NameOf(string member, int number) => string.Create(CultureInfo.InvariantCulture, $"{member}__{number}");

    /// <summary>The name of the unchanged copy that a member's mutants are compared with.</summary>
    public static string BaseNameOf(string member, int firstNumber) => string.Create(CultureInfo.InvariantCulture, $"{member}__as{firstNumber}");

    /// <summary>The member that can be switched around this place, or null.</summary>
    public static MemberDeclarationSyntax? MemberAt(SyntaxNode root, int start, int length)
    {
        var member = root.FindNode(new TextSpan(start, length)).FirstAncestorOrSelf<MemberDeclarationSyntax>();
        var body = member switch
        {
            MethodDeclarationSyntax { TypeParameterList: null } method => (SyntaxNode?)method.Body ?? method.ExpressionBody,
            PropertyDeclarationSyntax property => property.ExpressionBody,
            _ => null,
        };
        return body is not null && body.Span.Contains(start) && !member!.Modifiers.Any(SyntaxKind.OverrideKeyword)
            && member.Parent is TypeDeclarationSyntax
            ? member
            : null;
    }

    public static string NameOf(MemberDeclarationSyntax member) => IdentifierOf(member).ValueText;

    /// <summary>The file with these mutants, each under its number; the mutants of one member have neighbouring numbers.</summary>
    public static Schemata Of(SyntaxNode root, string source, IEnumerable<(Mutant Mutant, int Number)> mutants)
    {
        var made = new Schemata("");
        var text = new StringBuilder();
        var done = 0;
        foreach (var group in mutants.GroupBy(mutant => MemberAt(root, mutant.Mutant.Start, mutant.Mutant.Length)!).OrderBy(group => group.Key.SpanStart))
        {
            var member = group.Key;
            text.Append(source, done, member.SpanStart - done);
            made.Append(text, Switched(member, source, [.. group.Select(mutant => mutant.Number)]), 0);
            made.Append(text, Renamed(member, source[member.SpanStart..member.Span.End], BaseNameOf(NameOf(member), group.Min(mutant => mutant.Number))), 0);
            foreach (var (mutant, number) in group)
                made.Append(text, Renamed(member, Mutated(mutant, member, source), NameOf(NameOf(member), number)), number);
            done = member.Span.End;
        }
        made.Text = text.Append(source, done, source.Length - done).ToString();
        return made;
    }

    /// <summary>Whose text this is; 0 when it is nobody's.</summary>
    public int NumberAt(int position) => variants.Find(variant => variant.Span.Contains(position)).Number;

    private void Append(StringBuilder text, string member, int number)
    {
        if (number != 0)
            variants.Add((new TextSpan(text.Length, member.Length + 1), number));
        text.Append(member).Append('\n');
    }

    private static SyntaxToken IdentifierOf(MemberDeclarationSyntax member) =>
        member is MethodDeclarationSyntax method ? method.Identifier : ((PropertyDeclarationSyntax)member).Identifier;

    /// <summary>The name stands before every mutant, so its place is the same in all of them.</summary>
    private static string Renamed(MemberDeclarationSyntax member, string text, string name)
    {
        var before = IdentifierOf(member);
        var at = before.SpanStart - member.SpanStart;
        return $"{text[..at]}{name}{text[(at + before.Span.Length)..]}";
    }

    private static string Mutated(Mutant mutant, MemberDeclarationSyntax member, string source) =>
        mutant.Apply(source)[member.SpanStart..(member.Span.End + mutant.After.Length - mutant.Length)];

    private static string Switched(MemberDeclarationSyntax member, string source, int[] numbers)
    {
        var name = IdentifierOf(member).ValueText;
        if (member is PropertyDeclarationSyntax property)
            return $"{source[member.SpanStart..property.ExpressionBody!.SpanStart]}{{ get {{ {Cases(numbers, number => $"return {Reference(property.Type)}{NameOf(name, number)};")} "
                + $"return {property.ExpressionBody.Expression}; }} }}";
        var method = (MethodDeclarationSyntax)member;
        var isVoid = method.ReturnType is PredefinedTypeSyntax predefined && predefined.Keyword.IsKind(SyntaxKind.VoidKeyword);
        var arguments = string.Join(", ", method.ParameterList.Parameters.Select(Argument));
        var cases = Cases(numbers, number => isVoid
            ? $"{NameOf(name, number)}({arguments}); return;"
            : $"return {Reference(method.ReturnType)}{NameOf(name, number)}({arguments});");
        if (method.Body is { } body)
            return $"{source[member.SpanStart..body.SpanStart]}{{ {cases} {source[(body.SpanStart + 1)..body.Span.End]}";
        return $"{source[member.SpanStart..method.ExpressionBody!.SpanStart]}{{ {cases} {(isVoid ? "" : "return ")}{method.ExpressionBody.Expression}; }}";
    }

    private static string Cases(int[] numbers, Func<int, string> statement) =>
        $"switch (global::{Switch}.Active) {{ {string.Concat(numbers.Select(number => string.Create(CultureInfo.InvariantCulture, $"case {number}: {statement(number)} ")))}}}";

    private static string Reference(TypeSyntax type) => type is RefTypeSyntax ? "ref " : "";

    private static string Argument(ParameterSyntax parameter)
    {
        var by = parameter.Modifiers.FirstOrDefault(modifier =>
            modifier.Kind() is SyntaxKind.InKeyword or SyntaxKind.RefKeyword or SyntaxKind.OutKeyword);
        return by.IsKind(SyntaxKind.None) ? parameter.Identifier.ValueText : $"{by.ValueText} {parameter.Identifier.ValueText}";
    }
}
