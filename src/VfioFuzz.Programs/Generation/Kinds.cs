namespace VfioFuzz.Programs.Generation;

/// <summary>
/// Draws kinds for the body of one program: by weight, with kinds switched off at random in two programs of three. What
/// a swarm of such programs misses singly it covers together, and each reaches states that the others' kinds would
/// undo.
/// </summary>
internal sealed class Kinds
{
    private static readonly int[] Weights = [.. OperationForm.All.Select(form => Weight(form.Kind))];

    private readonly Choices choices;
    private readonly KindSet allowed;
    private readonly OperationKind[] among;
    private readonly int[] ends;
    private readonly int count;

    public Kinds(Choices choices, KindSet allowed)
    {
        this.choices = choices;
        this.allowed = allowed;
        var off = choices.Chance(2, 3) ? choices.Bits() & choices.Bits() : 0;
        var forms = OperationForm.All;
        among = new OperationKind[forms.Length];
        ends = new int[forms.Length];
        var end = 0;
        foreach (var form in forms)
        {
            var on = (allowed.Bits & ~off) >> form.Index & 1;
            if (on == 0)
                continue;
            end += Weights[form.Index];
            among[count] = form.Kind;
            ends[count++] = end;
        }
        if (count == 0)
            among[count++] = allowed.Has(OperationKind.Observe) || allowed.Count == 0 ? OperationKind.Observe : First(allowed);
        ends[count - 1] = Math.Max(end, 1);
        Plainest = allowed.Has(OperationKind.Observe) ? OperationKind.Observe : among[0];
    }

    /// <summary>A kind that every lane has.</summary>
    public OperationKind Plainest { get; }

    /// <summary>Whether the program may have lines of <paramref name="kind"/>, switched off or not.</summary>
    public bool Has(OperationKind kind) => allowed.Has(kind);

    public OperationKind Draw()
    {
        var drawn = choices.Below(ends[count - 1]);
        for (var i = 0; ; i++)
            if (drawn < ends[i])
                return among[i];
    }

    /// <summary>Any kind that the program may have, each as likely as any other.</summary>
    public OperationKind DrawEvenly()
    {
        var drawn = choices.Below(Math.Max(1, allowed.Count));
        foreach (var form in OperationForm.All)
            if (allowed.Has(form.Kind) && drawn-- == 0)
                return form.Kind;
        return Plainest;
    }

    private static OperationKind First(KindSet allowed)
    {
        foreach (var form in OperationForm.All)
            if (allowed.Has(form.Kind))
                return form.Kind;
        return OperationKind.Observe;
    }

    /// <summary>
    /// How often a kind is wanted in bodies. Set-up makes most opens, attaches and first maps; kinds of the process
    /// lane share four programs in ten, so that each kind is more than 1 % of all lines.
    /// </summary>
    private static int Weight(OperationKind kind) => kind switch
    {
        OperationKind.OpenContainer or OperationKind.SetIommu => 2,
        OperationKind.OpenGroup or OperationKind.Attach or OperationKind.GetDevice => 3,
        OperationKind.Detach => 9,
        OperationKind.CheckExtension => 10,
        OperationKind.Dup => 13,
        OperationKind.GetInfo => 10,
        OperationKind.DirtyPages => 14,
        OperationKind.GetApiVersion => 14,
        OperationKind.GroupStatus or OperationKind.UnknownIoctl or OperationKind.FileCall => 10,
        OperationKind.Close => 10,
        OperationKind.Map => 10,
        OperationKind.Unmap => 17,
        OperationKind.Pin or OperationKind.SubmitPin => 14,
        OperationKind.Unpin => 62,
        OperationKind.SubmitUnpin => 67,
        OperationKind.DmaRw => 8,
        OperationKind.SubmitDmaRw => 15,
        OperationKind.JoinWorker => 60,
        OperationKind.Dma => 8,
        OperationKind.WritePage or OperationKind.ReadPage or OperationKind.Mmap or OperationKind.Munmap => 13,
        OperationKind.Observe => 2,
        OperationKind.EntryLimit => 7,
        OperationKind.UnsafeInterrupts => 13,
        OperationKind.Sibling => 21,
        OperationKind.DeviceMemory => 14,
        OperationKind.SetLimit => 52,
        OperationKind.SetCapability => 54,
        OperationKind.Fork => 60,
        OperationKind.Exec => 60,
        OperationKind.Exit => 295,
        OperationKind.Kill => 335,
        OperationKind.SendFd => 115,
        OperationKind.ReceiveFd => 268,
        OperationKind.Mlock => 10,
        OperationKind.Munlock => 12,
        OperationKind.MapFile or OperationKind.ChangeMm or OperationKind.ChangeProcess => 12,
        OperationKind.Truncate or OperationKind.PunchHole => 3,
        OperationKind.Unbind => 24,
        _ => 5,
    };
}
