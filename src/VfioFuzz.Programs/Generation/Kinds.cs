using System.Numerics;

namespace VfioFuzz.Programs.Generation;

/// <summary>
/// Draws kinds for the body of one program: what is owed, else by weight, with kinds switched off at random in two programs of three. What
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

    /// <summary>
    /// The quota: a program owes one line of each kind that is on. Set-up and chains pay for the plentiful ones, and eleven in twelve lines of the
    /// body go to what is still owed, so that every kind comes to more than one line in a hundred of all and a new one takes its share from the
    /// others without a weight to find.
    /// </summary>
    private ulong owed;

    public Kinds(Choices choices, KindSet allowed)
    {
        this.choices = choices;
        this.allowed = allowed;
        var off = choices.Chance(2, 3) ? choices.Bits() & choices.Bits() : 0;
        owed = allowed.Bits & ~off;
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

    public bool OwesAny => owed != 0;

    /// <summary>Whether no line of <paramref name="kind"/> was made yet.</summary>
    public bool Owes(OperationKind kind) => kind != OperationKind.None && new KindSet(owed).Has(kind);

    /// <summary>A line of <paramref name="kind"/> was made.</summary>
    public void Pay(OperationKind kind) => owed &= ~KindSet.Of(kind).Bits;

    /// <summary>
    /// One of the kinds that are owed, or none. In half of the cases one that only programs with processes have; else, of two drawn, the one
    /// that needs another before it: these have the fewest chances.
    /// </summary>
    public OperationKind DrawOwed()
    {
        var bits = owed & KindSet.Processes.Bits;
        if (bits != 0 && choices.Chance(1, 2))
            return DrawOf(bits);
        var (kind, other) = (DrawOf(owed), DrawOf(owed));
        return FollowUps.Before(kind) == OperationKind.None ? other : kind;
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

    private OperationKind DrawOf(ulong bits)
    {
        if (bits == 0)
            return OperationKind.None;
        for (var skipped = choices.Below(BitOperations.PopCount(bits)); skipped > 0; skipped--)
            bits &= bits - 1;
        return OperationForm.All[BitOperations.TrailingZeroCount(bits)].Kind;
    }

    private static OperationKind First(KindSet allowed)
    {
        foreach (var form in OperationForm.All)
            if (allowed.Has(form.Kind))
                return form.Kind;
        return OperationKind.Observe;
    }

    /// <summary>How often a kind is wanted in bodies beyond what is owed of each: what changes mappings, pins and who is there.</summary>
    private static int Weight(OperationKind kind) => kind switch
    {
        OperationKind.OpenContainer or OperationKind.SetIommu => 2,
        OperationKind.OpenGroup or OperationKind.Attach or OperationKind.GetDevice => 3,
        OperationKind.Unmap or OperationKind.SubmitUnpin => 18,
        OperationKind.Pin or OperationKind.SubmitPin or OperationKind.DirtyPages => 12,
        OperationKind.Close or OperationKind.Map or OperationKind.GetInfo => 10,
        OperationKind.Exit or OperationKind.Kill => 20,
        OperationKind.Observe => 3,
        OperationKind.Truncate or OperationKind.PunchHole or OperationKind.Unbind => 3,
        _ => 8,
    };
}
