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

    private readonly Place[] places = new Place[FeatureSpace.Size];
    private readonly List<Beginning> beginnings = [];
    private readonly WeightedPick pick = new();

    /// <summary>States known.</summary>
    public int Length => beginnings.Count;

    /// <summary>A run of <paramref name="program"/> came to these states.</summary>
    public void Count(Program program, Schedule schedule, ReadOnlySpan<Reached> states)
    {
        foreach (var (feature, line) in states)
        {
            ref var place = ref places[feature];
            place.Visits++;
            // A weight is within a factor of two of the inverse of the count, and seldom set.
            if (BitOperations.IsPow2(place.Visits))
                Weigh(ref place);
            if (line + 1 < place.Lines)
            {
                place.Lines = (ushort)(line + 1);
                beginnings[place.Number] = new Beginning(program, schedule, line + 1);
            }
            else if (place.Lines == 0)
            {
                place.Lines = (ushort)(line + 1);
                beginnings.Add(new Beginning(program, schedule, line + 1));
            }
        }
    }

    private void Weigh(ref Place place)
    {
        if (place.Visits == 1)
        {
            place.Number = pick.Count;
            pick.Add(WeightOfFirst);
        }
        else
            pick.Set(place.Number, Math.Max(1, WeightOfFirst / place.Visits));
    }

    /// <summary>Where to go on from; only when there is a state.</summary>
    public Beginning Draw(ref Randomness randomness) => beginnings[pick.Draw(ref randomness)];

    /// <summary>All that counting has to touch of a state, in one place: a run comes to hundreds, and the table is larger than caches.</summary>
    private struct Place
    {
        /// <summary>Its number among the states known.</summary>
        public int Number;

        public int Visits;

        /// <summary>Lines of the shortest beginning; 0: not known.</summary>
        public ushort Lines;
    }
}
