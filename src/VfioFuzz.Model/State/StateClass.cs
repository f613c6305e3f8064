using System.Numerics;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>
/// A model state without its addresses and numbers: how many of each thing there are, in steps of 0, 1, more, and what makes answers differ. Three
/// views, each with some hundred values: their product would have one value for nearly every program, which tells nothing.
/// </summary>
/// <param name="Container">The fullest instance: type, groups, mappings, invalid vaddrs, locks, and external pins.</param>
/// <param name="Mappings">How mappings differ among each other: owners, access, backing, pins.</param>
/// <param name="Tasks">Who is alive, who is poor, who sleeps in what, which devices are open.</param>
internal readonly record struct StateClass(uint Container, uint Mappings, uint Tasks)
{
    public static StateClass Of(in ModelState state)
    {
        var container = 0u;
        for (var i = 0; i < Capacity.Instances; i++)
        {
            if (state.Instances[i].Exists)
                container = Math.Max(container, OfInstance(in state.Instances[i]));
        }
        container |= Steps(state.PinCount) << 16;
        return new StateClass(container, OfMappings(in state), OfLives(in state) | OfSleepers(in state) << 8 | OfDevices(in state) << 12);
    }

    private static uint OfInstance(in Instance instance)
    {
        var invalid = instance.InvalidCount == 0 ? 0u : instance.InvalidCount < instance.Count ? 1u : 2u;
        return (instance.V2 ? 1u : 0) | (instance.ContainerOpen ? 2u : 0) | (instance.HasDomain ? 4u : 0) | (instance.MutexOwner != 0 ? 8u : 0)
            | Steps(BitOperations.PopCount(instance.EmulatedGroups)) << 4 | Steps(instance.Count) << 6 | invalid << 8
            | (instance.TracksDirty ? 1u : 0) << 10 | 1u << 11;
    }

    private static uint OfMappings(in ModelState state)
    {
        var (known, owners) = (0u, 0u);
        for (var used = state.MappingsUsed; used != 0; used &= used - 1)
        {
            ref readonly var mapping = ref state.Mappings[BitOperations.TrailingZeroCount(used)];
            owners |= 1u << (mapping.AddressSpace & 7);
            known |= mapping.LockCap ? 0 : 1u;
            known |= mapping.PinCount > 0 ? 2u : 0;
            known |= mapping.PinCount > 0 && mapping.VaddrInvalid ? 4u : 0;
            known |= mapping.Access == Access.Read ? 8u : 0;
            known |= mapping.IsFileBacked ? 16u : 0;
        }
        return known | Steps(BitOperations.PopCount(owners)) << 5;
    }

    /// <summary>Processes alive and dead, limits and capabilities that were taken away.</summary>
    private static uint OfLives(in ModelState state)
    {
        var (alive, dead, poor) = (0, 0, 0u);
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            ref readonly var known = ref state.Processes[process];
            alive += known.Life == Life.Alive ? 1 : 0;
            dead += known.Life is Life.Dying or Life.Dead ? 1 : 0;
            if (known.Life == Life.Alive)
                poor |= (known.Limit != Quantity.Unlimited ? 1u : 0) | (known.LockCaps != 0xff ? 2u : 0) | (known.Leader != 0 ? 4u : 0);
        }
        return Steps(alive) | Steps(dead) << 2 | poor << 4;
    }

    /// <summary>Which kinds of sleep there are, and whether there are two of one.</summary>
    private static uint OfSleepers(in ModelState state)
    {
        var sleepers = 0u;
        for (uint active = state.ActiveCalls; active != 0; active &= active - 1)
        {
            ref readonly var call = ref state.Calls[BitOperations.TrailingZeroCount(active)];
            var bit = call.Phase switch
            {
                Phase.WaitingForVaddr => 1u,
                Phase.StoppingWorker => 2u,
                _ => 4u,
            };
            sleepers |= (sleepers & bit) != 0 ? 8u : bit;
        }
        return sleepers;
    }

    private static uint OfDevices(in ModelState state)
    {
        var (open, records) = (0, 0);
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            ref readonly var device = ref state.Devices[number];
            open += device.OpenCount > 0 ? 1 : 0;
            records += device.RecordCount > 0 ? 1 : 0;
        }
        return Steps(open) | Steps(records) << 2;
    }

    /// <summary>0, 1, or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Steps(int count) => (uint)Math.Min(count, 2);
}
