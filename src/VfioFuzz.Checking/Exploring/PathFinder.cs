using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Finds the lexicographically first of the shortest paths to a finding, when the search is over. A step is on a shortest path to
/// somewhere exactly when its target's rank is the next one, so no parents were needed: a depth-first walk along such steps in the
/// order of choices, crossing out what leads nowhere. It visits no state twice.
/// </summary>
internal sealed class PathFinder<TMachine, TState, TKey, TStore>
    where TMachine : struct, IMachine<TState>
    where TState : unmanaged
    where TKey : unmanaged
    where TStore : struct, IStateStore<TState, TKey>
{
    private readonly TState initial;
    private readonly TState[] successors;
    private readonly Choice[] choices;
    private readonly Stack<Place> path = [];
    private readonly TMachine machine;
#pragma warning disable IDE0044 // A store changes with every call; read-only, each call would have a copy of it.
    private TStore store;
#pragma warning restore IDE0044

    public PathFinder(TMachine machine, in TState initial, TStore store)
    {
        this.machine = machine;
        this.store = store;
        this.initial = initial;
        successors = new TState[machine.SuccessorsMax];
        choices = new Choice[machine.SuccessorsMax];
    }

    /// <summary>The choices from the initial state to the first state of this rank that shows the finding.</summary>
    public ImmutableArray<Choice> Find(ulong key, Rank rank)
    {
        path.Clear();
        if (Enter(in initial, default, default, key, rank))
            return [];
        while (path.TryPeek(out var place))
        {
            if (!place.Onward.TryDequeue(out var next))
            {
                path.Pop();
                continue;
            }
            // Another way may have come here since the step was listed.
            if (store.RankOf(next.Key) != next.Rank)
                continue;
            store.Load(next.Key);
            if (Enter(in store.Loaded, next.Choice, next.Rank, key, rank))
                break;
        }
        store.RestoreAll();
        return [.. path.Reverse().Skip(1).Select(place => place.Choice)];
    }

    private bool Enter(in TState state, Choice choice, Rank at, ulong key, Rank rank)
    {
        var operations = at.Operations < rank.Operations;
        var count = Math.Max(0, machine.Successors(in state, operations, successors, choices));
        var place = new Place(choice, []);
        path.Push(place);
        if (at == rank && Shows(in state, count == 0, key))
            return true;
        store.CrossOut(store.KeyOf(in state));
        for (var i = 0; i < count && at.CompareTo(rank) < 0; i++)
        {
            var target = store.KeyOf(in successors[i]);
            var next = at.Next(choices[i].IsOperation);
            if (next.CompareTo(rank) <= 0 && store.RankOf(in target) == next)
                place.Onward.Enqueue(new Step(choices[i], next, target));
        }
        return false;
    }

    private bool Shows(in TState state, bool isFinal, ulong key)
    {
        Span<ulong> keys = stackalloc ulong[IMachine<TState>.FindingsMax];
        var found = machine.Findings(in state, isFinal, keys);
        return keys[..found].Contains(key);
    }

    private readonly record struct Step(Choice Choice, Rank Rank, TKey Key);

    private readonly record struct Place(Choice Choice, Queue<Step> Onward);
}
