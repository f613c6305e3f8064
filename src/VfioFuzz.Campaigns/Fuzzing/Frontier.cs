using System.Numerics;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>A feature that a run showed, and the line by which it did.</summary>
/// <param name="Feature">Of <see cref="FeatureSpace"/>.</param>
/// <param name="Line">From 0.</param>
public readonly record struct Reached(int Feature, int Line);

/// <summary>The shortest way known to a state: the first lines of a program, under a schedule.</summary>
/// <param name="Program">A program that came there.</param>
/// <param name="Schedule">What its scheduler chose.</param>
/// <param name="Lines">How many of its lines it takes.</param>
public readonly record struct Beginning(Program Program, Schedule Schedule, int Lines);

/// <summary>
/// All states that runs came to: how often, and the shortest way there. A state is drawn the more likely the seldomer it was come to, so that runs go
/// on from where few have been ("First return, then explore", Ecoffet and others, Nature 2021).
/// </summary>
public sealed class Frontier
{
    /// <summary>What is seldomer than one in so many runs weighs no less than 1.</summary>
    private const long WeightOfFirst = 1L << 24;

    /// <summary>For each feature its place among the states known, + 1.</summary>
    private readonly int[] places = new int[FeatureSpace.Size];
    private readonly List<Beginning> beginnings = [];
    private readonly List<int> visits = [];
    private readonly WeightedPick pick = new();

    /// <summary>States known.</summary>
    public int Length => beginnings.Count;

    /// <summary>A run of <paramref name="program"/> came to these states.</summary>
    public void Count(Program program, Schedule schedule, ReadOnlySpan<Reached> states)
    {
        foreach (var (feature, line) in states)
        {
            ref var place = ref places[feature];
            if (place == 0)
            {
                beginnings.Add(new Beginning(program, schedule, line + 1));
                visits.Add(1);
                pick.Add(WeightOfFirst);
                place = beginnings.Count;
                continue;
            }
            var count = ++visits[place - 1];
            // A weight is within a factor of two of the inverse of the count, and seldom set.
            if (BitOperations.IsPow2(count))
                pick.Set(place - 1, Math.Max(1, WeightOfFirst / count));
            if (line + 1 < beginnings[place - 1].Lines)
                beginnings[place - 1] = new Beginning(program, schedule, line + 1);
        }
    }

    /// <summary>Where to go on from; only when there is a state.</summary>
    public Beginning Draw(ref Randomness randomness) => beginnings[pick.Draw(ref randomness)];
}
