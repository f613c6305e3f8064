using System.Runtime.InteropServices;
using SharpFuzz.Common;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>One execution of the fuzzed code: true when the input shows a finding.</summary>
internal delegate bool Execution(ReadOnlySpan<byte> input);

/// <summary>
/// The persistent side of AFL++'s fork-server protocol: test cases arrive in shared memory, coverage goes to AFL's map, and each
/// round trip is one read and two writes on the descriptors that afl-fuzz opened. Compared with <c>Fuzzer.Run</c> it has no
/// start-up race (the first input is read only after AFL's handshake) and does not copy inputs through a pipe.
/// </summary>
internal static unsafe partial class ForkServer
{
    private const int ControlDescriptor = 198;
    private const int StatusDescriptor = 199;
    private const int MapSize = 1 << 16;
    private const ulong WarmUpSeed = 1;
    private const int WarmUpRuns = 4096;

    // AFL++ types.h: FS_OPT_ENABLED, FS_OPT_MAPSIZE with FS_OPT_SET_MAPSIZE, FS_OPT_SHDMEM_FUZZ.
    private const uint OptionsEnabled = 0x80000001;
    private const uint OptionMapSize = 0x40000000 | ((MapSize - 1) << 1);
    private const uint OptionSharedMemoryInput = 0x01000000;

    /// <summary>A wait status: killed by SIGABRT, which AFL files as a crash.</summary>
    private const int CrashStatus = 6;

    /// <summary>Whether afl-fuzz (or afl-showmap, afl-cmin) started us.</summary>
    public static bool IsPresent => Environment.GetEnvironmentVariable("__AFL_SHM_ID") is not null;

    /// <summary>Serves executions until AFL closes the control descriptor. Returns the process's exit code.</summary>
    public static int Serve(Execution execute)
    {
        WarmUp(execute);
        Trace.SharedMem = Attach("__AFL_SHM_ID");
        if (!WriteWord(StatusDescriptor, OptionsEnabled | OptionMapSize | OptionSharedMemoryInput))
            return RunOnceFromStandardInput(execute);
        if (!ReadWord(ControlDescriptor, out var accepted))
            return 1;
        if ((accepted & OptionSharedMemoryInput) == 0)
            throw new InvalidOperationException("this afl-fuzz offers no shared-memory test cases: use AFL++ 3.0 or newer");
        var input = Attach("__AFL_SHM_FUZZ_ID");
        var process = (uint)Environment.ProcessId;
        while (ReadWord(ControlDescriptor, out _))
        {
            if (!WriteWord(StatusDescriptor, process))
                return 1;
            Trace.PrevLocation = 0;
            var found = execute(new ReadOnlySpan<byte>(input + sizeof(uint), (int)*(uint*)input));
            if (!WriteWord(StatusDescriptor, found ? (uint)CrashStatus : 0))
                return 1;
        }
        return 0;
    }

    /// <summary>
    /// Coverage needs memory from the first instrumented instruction on, static constructors included; this gives it some
    /// before AFL's map is known (or when there is none).
    /// </summary>
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void GiveCoverageAPlace() =>
        Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapSize);

    /// <summary>
    /// Static constructors, lazily made tables and growing buffers belong to no input. Running a fixed set of inputs before AFL looks
    /// keeps them out of its map; without it a fifth of the edges count as unstable.
    /// </summary>
    public static void WarmUp(Execution execute)
    {
        var randomness = new Randomness(WarmUpSeed);
        var input = new byte[1024];
        for (var run = 0; run < WarmUpRuns; run++)
        {
            for (var i = 0; i < input.Length; i++)
                input[i] = (byte)randomness.Next();
            execute(input.AsSpan(0, 1 + (int)(randomness.Next() % (ulong)input.Length)));
        }
    }

    private static int RunOnceFromStandardInput(Execution execute)
    {
        using var buffer = new MemoryStream();
        using var standardInput = Console.OpenStandardInput();
        standardInput.CopyTo(buffer);
        return execute(buffer.ToArray()) ? 1 : 0;
    }

    private static byte* Attach(string variable)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        if (!int.TryParse(text, out var id))
            throw new InvalidOperationException($"{variable} is not a shared-memory id: '{text}'");
        var address = NativeMethods.Shmat(id, 0, 0);
        if (address == -1)
            throw new InvalidOperationException($"{variable}={text}: shmat failed, errno {Marshal.GetLastPInvokeError()}");
        return (byte*)address;
    }

    private static bool ReadWord(int descriptor, out uint word)
    {
        uint value = 0;
        var got = NativeMethods.Read(descriptor, &value, sizeof(uint));
        word = value;
        return got == sizeof(uint);
    }

    private static bool WriteWord(int descriptor, uint word) =>
        NativeMethods.Write(descriptor, &word, sizeof(uint)) == sizeof(uint);

    private static partial class NativeMethods
    {
        [LibraryImport("libc", EntryPoint = "shmat", SetLastError = true)]
        internal static partial nint Shmat(int id, nint address, int flags);

        [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
        internal static partial nint Read(int descriptor, void* buffer, nint count);

        [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
        internal static partial nint Write(int descriptor, void* buffer, nint count);
    }
}
