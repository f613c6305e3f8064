using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using VfioFuzz.Programs;

namespace VfioFuzz.Mutation;

/// <summary>
/// Every mutant of one file: an operator, an errno, a constant, a flag or a dialect's mark exchanged, a negation dropped, or two
/// neighbouring guards swapped.
/// </summary>
internal static class Mutations
{
    private static readonly Dictionary<SyntaxKind, string[]> Operators = new()
    {
        [SyntaxKind.EqualsEqualsToken] = ["!="],
        [SyntaxKind.ExclamationEqualsToken] = ["=="],
        [SyntaxKind.LessThanToken] = ["<=", ">="],
        [SyntaxKind.LessThanEqualsToken] = ["<", ">"],
        [SyntaxKind.GreaterThanToken] = [">=", "<="],
        [SyntaxKind.GreaterThanEqualsToken] = [">", "<"],
        [SyntaxKind.AmpersandAmpersandToken] = ["||"],
        [SyntaxKind.BarBarToken] = ["&&"],
        [SyntaxKind.PlusToken] = ["-"],
        [SyntaxKind.MinusToken] = ["+"],
        [SyntaxKind.AsteriskToken] = ["/"],
        [SyntaxKind.SlashToken] = ["*"],
        [SyntaxKind.PercentToken] = ["/"],
        [SyntaxKind.AmpersandToken] = ["|"],
        [SyntaxKind.BarToken] = ["&"],
        [SyntaxKind.LessThanLessThanToken] = [">>"],
        [SyntaxKind.GreaterThanGreaterThanToken] = ["<<"],
        [SyntaxKind.PlusEqualsToken] = ["-="],
        [SyntaxKind.MinusEqualsToken] = ["+="],
        [SyntaxKind.BarEqualsToken] = ["&="],
        [SyntaxKind.AmpersandEqualsToken] = ["|="],
        [SyntaxKind.PlusPlusToken] = ["--"],
        [SyntaxKind.MinusMinusToken] = ["++"],
        [SyntaxKind.TrueKeyword] = ["false"],
        [SyntaxKind.FalseKeyword] = ["true"],
        [SyntaxKind.OrKeyword] = ["and"],
        [SyntaxKind.AndKeyword] = ["or"],
    };

    /// <summary>The errnos that the model answers most, each in place of the one before it.</summary>
    private static readonly Errno[] Errnos =
    [
        Errno.EINVAL, Errno.EBUSY, Errno.EFAULT, Errno.ENOMEM, Errno.EPERM, Errno.ENODEV, Errno.EBADF, Errno.ENOENT, Errno.EEXIST,
        Errno.ENOTTY, Errno.EACCES, Errno.EAGAIN, Errno.ESRCH, Errno.ENOSPC, Errno.E2BIG, Errno.EOVERFLOW, Errno.EBADFD, Errno.EINTR,
    ];

    private static readonly string[][] Exchanged =
    [
        [nameof(Access.Read), nameof(Access.Write)],
        [nameof(MapFlags.Vaddr), nameof(UnmapFlags.All)],
        [nameof(DeviceKind.Mdev), nameof(DeviceKind.Pci)],
        ["Alive", "Dying", "Dead"],
    ];

    public static IEnumerable<Mutant> Of(string file, string source)
    {
        var root = CSharpSyntaxTree.ParseText(source, Model.ParseOptions).GetRoot();
        foreach (var token in root.DescendantTokens().Where(IsCode))
            foreach (var after in Others(token))
                yield return At(file, source, token.Span.Start, token.Span.Length, after);
        foreach (var negation in root.DescendantNodes().OfType<PrefixUnaryExpressionSyntax>())
            if (negation.OperatorToken.Kind() is SyntaxKind.ExclamationToken or SyntaxKind.TildeToken)
                yield return At(file, source, negation.OperatorToken.SpanStart, 1, "");
        foreach (var negation in root.DescendantNodes().OfType<UnaryPatternSyntax>())
            yield return At(file, source, negation.OperatorToken.SpanStart, negation.OperatorToken.Span.Length, "");
        foreach (var (first, second) in Guards(root))
            yield return At(
                file, source, first.SpanStart, second.Span.End - first.SpanStart,
                $"{second}{source[first.Span.End..second.SpanStart]}{first}");
    }

    /// <summary>No attributes, no type arguments, no names of types: what is left is behaviour.</summary>
    private static bool IsCode(SyntaxToken token) => !token.Parent!.AncestorsAndSelf().Any(node =>
        node is AttributeListSyntax or UsingDirectiveSyntax or TypeArgumentListSyntax or TypeParameterListSyntax or EnumDeclarationSyntax
            or ParameterSyntax or RefTypeSyntax);

    private static IEnumerable<string> Others(SyntaxToken token)
    {
        if (Operators.TryGetValue(token.Kind(), out var operators))
            return operators;
        if (token.IsKind(SyntaxKind.NumericLiteralToken))
            return Numbers(token);
        if (token.IsKind(SyntaxKind.StringLiteralToken) && token.ValueText is { Length: > 1 } marks && marks.All(mark => mark is 'x' or '-' or ' '))
            return Enumerable.Range(0, marks.Length).Where(index => marks[index] != ' ')
                .Select(index => $"\"{marks[..index]}{(marks[index] == 'x' ? '-' : 'x')}{marks[(index + 1)..]}\"");
        return token.IsKind(SyntaxKind.IdentifierToken) && token.Parent?.Parent is MemberAccessExpressionSyntax access && access.Name == token.Parent
            ? Members(access.Expression.ToString(), token.ValueText)
            : [];
    }

    /// <summary>The neighbours of a constant, of its own type.</summary>
    private static IEnumerable<string> Numbers(SyntaxToken token) => token.Value switch
    {
        0 or 0u or 0ul => [$"1{TypeOf(token)}"],
        int or uint or ulong when Convert.ToUInt64(token.Value, CultureInfo.InvariantCulture) is var number =>
            [$"{number - 1}{TypeOf(token)}", $"{unchecked(number + 1)}{TypeOf(token)}"],
        _ => [],
    };

    private static string TypeOf(SyntaxToken number) => number.Text[number.Text.AsSpan().TrimEnd("uUlL").Length..];

    private static IEnumerable<string> Members(string type, string member)
    {
        if (type == nameof(Errno) && Enum.TryParse<Errno>(member, out var errno) && Array.IndexOf(Errnos, errno) is >= 0 and var index)
            return [Errnos[(index + 1) % Errnos.Length].ToString()];
        return Exchanged.Where(_ => type != nameof(Errno)).Where(set => set.Contains(member)).SelectMany(set => set).Where(other => other != member);
    }

    /// <summary>Two ifs in a row that each leave the method: their order is observable, so it is specified.</summary>
    private static IEnumerable<(IfStatementSyntax First, IfStatementSyntax Second)> Guards(SyntaxNode root) =>
        root.DescendantNodes().OfType<BlockSyntax>().SelectMany(block => block.Statements.Zip(block.Statements.Skip(1)))
            .Where(pair => IsGuard(pair.First) && IsGuard(pair.Second))
            .Select(pair => ((IfStatementSyntax)pair.First, (IfStatementSyntax)pair.Second));

    private static bool IsGuard(StatementSyntax statement) => statement is IfStatementSyntax { Else: null, Statement: ReturnStatementSyntax };

    private static Mutant At(string file, string source, int start, int length, string after) =>
        new(file, start, length, 1 + source.AsSpan(0, start).Count('\n'), source.Substring(start, length), after);
}
