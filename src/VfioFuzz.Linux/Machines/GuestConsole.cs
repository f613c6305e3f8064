using System.Buffers;
using System.Text;

namespace VfioFuzz.Linux.Machines;

/// <summary>
/// What a guest's kernel says, read from the file that QEMU writes the serial line to. QEMU writes before the guest
/// goes on, so what the kernel said during a program is in the file when the program is done. Ordinary text is kept
/// only as the tail that explains a death; a line that tells of something broken starts a report.
/// </summary>
internal sealed class GuestConsole : IDisposable
{
    private const int TailLinesMax = 120;
    private const int ReportMax = 1 << 14;

    /// <summary>The executor's own words begin so and are never a kernel's complaint.</summary>
    private const string ExecutorPrefix = "vfiofuzz: ";

    private static readonly string[] Complaints =
    [
        "BUG:", "kernel BUG at", "WARNING:", "Oops:", "KASAN:", "UBSAN:", "KCSAN:", "KFENCE:",
        "general protection fault", "unable to handle", "Unable to handle", "possible circular locking",
        "possible recursive locking", "blocked for more than", "Kernel panic", "refcount_t:", "list_add corruption",
        "list_del corruption", "double fault", "Bad page state", "Bad rss-counter", "stack-protector:", "usercopy:",
        "soft lockup", "self-detected stall", "suspicious RCU usage", "sleeping function called",
        "scheduling while atomic", "held lock freed", "INFO: task",
    ];

    private static readonly SearchValues<char> TimeCharacters = SearchValues.Create(" .0123456789");

    private readonly FileStream file;
    private readonly StreamWriter? log;
    private readonly byte[] buffer = new byte[1 << 14];
    private readonly StringBuilder line = new();
    private readonly Queue<string> tail = new();
    private readonly StringBuilder report = new();
    private bool armed;

    /// <param name="path">The file QEMU writes.</param>
    /// <param name="log">Where everything is appended for people, or null.</param>
    public GuestConsole(string path, string? log = null)
    {
        file = new FileStream(
            path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (log is not null)
            this.log = new StreamWriter(new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite));
    }

    /// <summary>The last lines, ordinary or not.</summary>
    public string Tail
    {
        get
        {
            Read();
            return string.Join('\n', line.Length > 0 ? tail.Append(line.ToString()) : tail);
        }
    }

    /// <summary>From now on complaints count; text of the boot is no program's doing.</summary>
    public void Arm()
    {
        Read();
        report.Clear();
        armed = true;
    }

    /// <summary>Reads what is new; whether the kernel has complained.</summary>
    public bool HasReport()
    {
        Read();
        return report.Length > 0;
    }

    /// <summary>Whether the report says that this kernel goes no further.</summary>
    public bool ReportsDeath => report.ToString().Contains("Kernel panic", StringComparison.Ordinal);

    /// <summary>The complaint and what followed it, without time stamps.</summary>
    public string TakeReport()
    {
        Read();
        if (line.Length > 0 && report.Length > 0)
            Append(WithoutTime(line.ToString()));
        var text = report.ToString();
        report.Clear();
        return text;
    }

    public void Dispose()
    {
        log?.Dispose();
        file.Dispose();
    }

    private void Read()
    {
        int count;
        while ((count = file.Read(buffer)) > 0)
            foreach (var character in Encoding.Latin1.GetString(buffer, 0, count))
                if (character == '\n')
                    EndLine();
                else if (character != '\r')
                    line.Append(character);
    }

    private void EndLine()
    {
        var said = line.ToString();
        line.Clear();
        log?.WriteLine(said);
        log?.Flush();
        tail.Enqueue(said);
        if (tail.Count > TailLinesMax)
            tail.Dequeue();
        var text = WithoutTime(said);
        if (!armed || text.StartsWith(ExecutorPrefix, StringComparison.Ordinal))
            return;
        if (report.Length > 0 || Array.Exists(Complaints, words => text.Contains(words, StringComparison.Ordinal)))
            Append(text);
    }

    private void Append(string text)
    {
        if (report.Length < ReportMax)
            report.Append(text).Append('\n');
    }

    /// <summary>Drops the kernel's "[    1.234567] ", so that equal complaints are equal texts.</summary>
    private static string WithoutTime(string said)
    {
        if (!said.StartsWith('[') || said.IndexOf("] ", StringComparison.Ordinal) is not (> 0 and var end))
            return said;
        return said.AsSpan(1, end - 1).ContainsAnyExcept(TimeCharacters) ? said : said[(end + 2)..];
    }
}
