using System.Numerics;

namespace VfioFuzz.Programs;

/// <summary>A set of operation kinds that programs may hold, equal by content: one bit a form.</summary>
public readonly record struct KindSet(ulong Bits)
{
    /// <summary>Every kind with a form.</summary>
    public static KindSet All { get; } = new(ulong.MaxValue >> (64 - OperationForm.All.Length));

    /// <summary>Kinds that only some designs know and other targets answer ENOTTY.</summary>
    public static KindSet Reserved { get; } = Of(
        OperationKind.MapFile, OperationKind.ChangeMm, OperationKind.ChangeProcess, OperationKind.Truncate, OperationKind.PunchHole);

    /// <summary>
    /// Kinds that a real kernel runs in processes of their own for each program (wire_lane in guest/wire.h).
    /// </summary>
    public static KindSet Processes { get; } = Of(
        OperationKind.SetLimit, OperationKind.SetCapability, OperationKind.Fork, OperationKind.Exec, OperationKind.Exit,
        OperationKind.Kill, OperationKind.SendFd, OperationKind.ReceiveFd);

    /// <summary>
    /// Kinds that an emulated machine pays for dearly and no lane but that of pci devices affords: 0.7 ms each time a device's memory comes or goes.
    /// </summary>
    public static KindSet Dear { get; } = Of(OperationKind.DeviceMemory);

    /// <summary>
    /// Kinds that real kernels know and simulated machines do not: no design tracks dirty pages, and one alone lets drivers be unbound.
    /// </summary>
    public static KindSet OfKernels { get; } = Of(OperationKind.DirtyPages, OperationKind.Unbind);

    /// <summary>Kinds that few programs have, as each costs a machine a reset or a probe of its devices.</summary>
    public static KindSet Seldom { get; } = Dear.With(Of(OperationKind.Unbind));

    public static KindSet Of(params ReadOnlySpan<OperationKind> kinds)
    {
        ulong bits = 0;
        foreach (var kind in kinds)
            bits |= Bit(kind);
        return new KindSet(bits);
    }

    public int Count => BitOperations.PopCount(Bits);

    public bool Has(OperationKind kind) => (Bits & Bit(kind)) != 0;

    public KindSet With(KindSet others) => new(Bits | others.Bits);

    public KindSet And(KindSet others) => new(Bits & others.Bits);

    public KindSet Without(KindSet others) => new(Bits & ~others.Bits);

    private static ulong Bit(OperationKind kind) => 1UL << OperationForm.Of(kind).Index;
}
