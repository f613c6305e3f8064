using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace VfioFuzz.Cli.Screens;

/// <summary>
/// A document that is written as Markdown or as one static HTML file. Texts may hold <c>`code`</c>, <c>**bold**</c> and
/// <c>[links](to)</c>, and nothing else of Markdown.
/// </summary>
internal sealed partial class Page(string title)
{
    private readonly List<Block> blocks = [];

    public void Heading(int level, string text, string anchor = "") => blocks.Add(new Block(Form.Heading, text) { Level = level, Anchor = anchor });

    public void Text(string text) => blocks.Add(new Block(Form.Text, text));

    public void Item(string text) => blocks.Add(new Block(Form.Item, text));

    public void Code(string text) => blocks.Add(new Block(Form.Code, text.TrimEnd('\n')));

    public void Table(IEnumerable<string> head, IEnumerable<IEnumerable<string>> rows) => blocks.Add(new Block(Form.Table, "")
    {
        Rows = [[.. head], .. rows.Select(row => row.ToImmutableArray())],
    });

    public string Markdown()
    {
        var text = new StringBuilder($"# {title}\n");
        var before = Form.Heading;
        foreach (var block in blocks)
        {
            text.Append(block.Form == Form.Item && before == Form.Item ? "" : "\n").Append(MarkdownOf(block));
            before = block.Form;
        }
        return text.ToString();
    }

    /// <param name="linkBase">What links to files of the corpus are relative to.</param>
    public string Html(string linkBase = "")
    {
        var text = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
        text.Append($"<title>{WebUtility.HtmlEncode(title)}</title>\n<style>{Style}</style></head><body>\n<h1>{Inline(title, linkBase)}</h1>\n");
        var before = Form.Heading;
        foreach (var block in blocks)
        {
            if (before == Form.Item && block.Form != Form.Item)
                text.Append("</ul>\n");
            if (before != Form.Item && block.Form == Form.Item)
                text.Append("<ul>\n");
            text.Append(HtmlOf(block, linkBase));
            before = block.Form;
        }
        return text.Append(before == Form.Item ? "</ul>\n" : "").Append("</body></html>\n").ToString();
    }

    private const string Style = "body{font:15px/1.45 sans-serif;max-width:100em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;margin:1em 0}"
        + "td,th{border:1px solid #bbb;padding:.2em .5em;vertical-align:top;text-align:left}pre{background:#f4f4f4;padding:.7em;overflow:auto}";

    private static string MarkdownOf(Block block) => block.Form switch
    {
        Form.Heading => $"{new string('#', block.Level)} {(block.Anchor.Length > 0 ? $"<a id=\"{block.Anchor}\"></a>" : "")}{block.Text}\n",
        Form.Item => $"- {block.Text}\n",
        Form.Code => $"```\n{block.Text}\n```\n",
        Form.Table => string.Concat(block.Rows.Select((row, at) =>
            $"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n{(at == 0 ? $"|{string.Concat(Enumerable.Repeat("---|", row.Length))}\n" : "")}")),
        _ => $"{block.Text}\n",
    };

    private static string HtmlOf(Block block, string linkBase) => block.Form switch
    {
        Form.Heading => $"<h{block.Level} id=\"{block.Anchor}\">{Inline(block.Text, linkBase)}</h{block.Level}>\n",
        Form.Item => $"<li>{Inline(block.Text, linkBase)}</li>\n",
        Form.Code => $"<pre>{WebUtility.HtmlEncode(block.Text)}</pre>\n",
        Form.Table => $"<table>\n{string.Concat(block.Rows.Select((row, at) => Row(row, at == 0 ? "th" : "td", linkBase)))}</table>\n",
        _ => $"<p>{Inline(block.Text, linkBase)}</p>\n",
    };

    private static string Row(ImmutableArray<string> row, string cell, string linkBase) =>
        $"<tr>{string.Concat(row.Select(text => $"<{cell}>{Inline(text, linkBase)}</{cell}>"))}</tr>\n";

    private static string Inline(string text, string linkBase)
    {
        var html = WebUtility.HtmlEncode(text);
        html = CodeMark().Replace(html, "<code>$1</code>");
        html = BoldMark().Replace(html, "<b>$1</b>");
        return LinkMark().Replace(html, match => match.Groups[2].Value.StartsWith('#')
            ? $"<a href=\"{match.Groups[2].Value}\">{match.Groups[1].Value}</a>"
            : $"<a href=\"{linkBase}{match.Groups[2].Value}\">{match.Groups[1].Value}</a>");
    }

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex CodeMark();

    [GeneratedRegex(@"\*\*([^*]*)\*\*")]
    private static partial Regex BoldMark();

    [GeneratedRegex(@"\[([^\]]*)\]\(([^)]*)\)")]
    private static partial Regex LinkMark();

    private enum Form
    {
        Heading,
        Text,
        Item,
        Code,
        Table,
    }

    private sealed record Block(Form Form, string Text)
    {
        public int Level { get; init; }

        public string Anchor { get; init; } = "";

        public ImmutableArray<ImmutableArray<string>> Rows { get; init; } = [];
    }
}
