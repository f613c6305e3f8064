namespace VfioFuzz.Programs.Mutation;

/// <summary>
/// Draws which kinds of operations take part: programs of few kinds reach what programs of all kinds dilute (Groce et al., "Swarm testing", ISSTA 2012).
/// </summary>
public static class Swarm
{
    /// <summary>All of <paramref name="kinds"/>, or each of them by the toss of a coin; never none.</summary>
    public static KindSet Draw(Choices choices, KindSet kinds)
    {
        if (choices.Chance(1, 3))
            return kinds;
        var drawn = new KindSet(kinds.Bits & choices.Bits());
        return drawn.Count == 0 ? kinds : drawn;
    }
}
