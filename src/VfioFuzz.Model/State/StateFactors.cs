using System.Numerics;
using System.Runtime.CompilerServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>
/// A model state without its addresses and numbers, as a few factors that are each about one thing. What goes wrong in a kernel needs two or three of
/// them to meet (a mapping whose owner is dead, and a limit), so a fuzzer looks at pairs of their values: all together have one value for nearly
/// every program, one alone has all its values within seconds.
/// </summary>
[InlineArray(Count)]
internal struct StateFactors
{
    public const int Count = 9;

    /// <summary>The factor that says what containers there are.</summary>
    public const int Containers = 2;

    private uint first;

    public static void Of(in ModelState state, ref StateFactors factors)
    {
        factors[0] = OfLives(in state);
        factors[1] = OfAccounts(in state);
        factors[Containers] = OfContainers(in state);
        factors[3] = OfOwners(in state);
        factors[4] = OfMappings(in state);
        factors[5] = OfDevices(in state);
        factors[6] = state.ActiveCalls == 0 ? 0 : OfSleepers(in state);
        factors[7] = OfMemory(in state);
        factors[8] = OfPins(in state);
    }

    /// <summary>Processes alive and dead, execs, and whether one was by a second thread.</summary>
    private static uint OfLives(in ModelState state)
    {
        var (alive, dead, made) = (0, 0, 0);
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            alive += state.Processes[process].Life == Life.Alive ? 1 : 0;
            dead += state.Processes[process].Life is Life.Dying or Life.Dead ? 1 : 0;
            made += state.Processes[process].Leader != 0 ? 1 : 0;
        }
        var execs = state.AddressSpaceCount - alive - dead;
        return Steps(alive, 3) | Steps(dead, 2) << 2 | Steps(execs, 2) << 4 | (made > 0 ? 1u : 0) << 6;
    }

    /// <summary>Limits and capabilities of those alive, and whether something is charged to the dead.</summary>
    private static uint OfAccounts(in ModelState state)
    {
        var known = 0u;
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            ref readonly var one = ref state.Processes[process];
            if (one.Life != Life.Alive)
                continue;
            var locked = state.AddressSpaces[one.AddressSpace].Locked;
            var other = process == 0 ? 0 : 5;
            if (locked > 0)
                known |= 1u << other;
            if (one.Limit != Quantity.Unlimited)
                known |= (locked > one.Limit ? 8u : locked == one.Limit ? 4u : 2u) << other;
            if (one.LockCaps != 0xff)
                known |= 16u << other;
        }
        return known;
    }

    /// <summary>The fullest instance: type, groups, locks, room for entries; and whether there are two.</summary>
    private static uint OfContainers(in ModelState state)
    {
        var (known, instances) = (0u, 0);
        for (var i = 0; i < Capacity.Instances; i++)
        {
            ref readonly var one = ref state.Instances[i];
            if (!one.Exists)
                continue;
            instances++;
            var seen = (one.V2 ? 1u : 0) | (one.ContainerOpen ? 2u : 0) | (one.TracksDirty ? 4u : 0) | (one.MutexOwner != 0 ? 8u : 0)
                | Steps(BitOperations.PopCount(one.EmulatedGroups), 2) << 4 | Steps(BitOperations.PopCount(one.PciGroups), 2) << 6
                | (one.DmaAvail == 0 ? 1u : 0) << 8 | (one.Count > 0 ? 1u : 0) << 9;
            known = Math.Max(known, seen);
        }
        return known | Steps(instances, 2) << 10;
    }

    /// <summary>Which sorts of mappings there are: whose, valid or not, pinned or not; and whether two are of one sort.</summary>
    private static uint OfOwners(in ModelState state)
    {
        var sorts = 0u;
        for (var used = state.MappingsUsed; used != 0; used &= used - 1)
        {
            ref readonly var mapping = ref state.Mappings[BitOperations.TrailingZeroCount(used)];
            var space = state.AddressSpaces[mapping.AddressSpace];
            var owner = space.UserPlusOne == 1 ? 0 : space.IsAlive ? 1 : 2;
            var bit = 1u << (owner << 2 | (mapping.VaddrInvalid ? 2 : 0) | (mapping.PinCount > 0 ? 1 : 0));
            sorts |= (sorts & bit) != 0 ? bit << 12 : bit;
        }
        return sorts;
    }

    /// <summary>What is said of some mapping, and how many there are.</summary>
    private static uint OfMappings(in ModelState state)
    {
        var known = 0u;
        for (var used = state.MappingsUsed; used != 0; used &= used - 1)
        {
            ref readonly var mapping = ref state.Mappings[BitOperations.TrailingZeroCount(used)];
            known |= mapping.Access == Access.Read ? 1u : mapping.Access == Access.Write ? 2u : 0;
            known |= mapping.IsFileBacked ? 4u : 0;
            known |= mapping.LockCap ? 0 : 8u;
            known |= mapping.IommuMapped ? 16u : 32u;
            known |= mapping.Reserved > 0 ? 64u : 0;
            known |= mapping.Last == ulong.MaxValue ? 128u : 0;
            known |= mapping.Size > Limits.PageSize ? 256u : 0;
            known |= mapping.Charged > 0 ? 512u : 0;
        }
        return known | Steps(BitOperations.PopCount(state.MappingsUsed), 3) << 10;
    }

    /// <summary>Devices open, open twice, with pins in their books, refusing to give them back.</summary>
    private static uint OfDevices(in ModelState state)
    {
        var (open, twice, records, refused) = (0, 0, 0, 0);
        for (var number = 0; number < Limits.DevicesMax; number++)
        {
            ref readonly var device = ref state.Devices[number];
            open += device.OpenCount > 0 ? 1 : 0;
            twice += device.OpenCount > 1 ? 1 : 0;
            records += device.RecordCount > 0 ? 1 : 0;
            refused += device.Refusals > 0 ? 1 : 0;
        }
        return Steps(open, 3) | Steps(twice, 1) << 2 | Steps(records, 2) << 3 | Steps(refused, 1) << 5;
    }

    /// <summary>How many wait for a vaddr, for a worker's end, for something else; whether one is dying, or two wait for one device.</summary>
    private static uint OfSleepers(in ModelState state)
    {
        var (waiting, stopping, other, dead, together, devices) = (0, 0, 0, 0, 0, 0u);
        for (uint active = state.ActiveCalls; active != 0; active &= active - 1)
        {
            ref readonly var call = ref state.Calls[BitOperations.TrailingZeroCount(active)];
            waiting += call.Phase == Phase.WaitingForVaddr ? 1 : 0;
            stopping += call.Phase == Phase.StoppingWorker ? 1 : 0;
            other += call.Phase is Phase.WaitingForVaddr or Phase.StoppingWorker ? 0 : 1;
            dead += call.Fatal ? 1 : 0;
            if (call.Phase != Phase.WaitingForVaddr)
                continue;
            var device = DeviceOf(in state, in call, BitOperations.TrailingZeroCount(active));
            together += (devices & device) != 0 ? 1 : 0;
            devices |= device;
        }
        return Steps(waiting, 3) | Steps(stopping, 2) << 2 | Steps(other, 2) << 4 | Steps(dead, 1) << 6 | Steps(together, 1) << 7;
    }

    /// <summary>The device that a call works for, as a bit.</summary>
    private static uint DeviceOf(in ModelState state, in Call call, int task) =>
        task >= Limits.UserTasksMax ? 1u << (task - Limits.UserTasksMax) : call.File == 0 ? 0 : 1u << state.Files[call.File - 1].Target;

    /// <summary>Kinds of memory in the windows, and pages that are gone.</summary>
    private static uint OfMemory(in ModelState state)
    {
        var known = state.FileCut > 0 ? 1u << 16 : 0;
        for (var process = 0; process < Limits.ProcessesMax; process++)
        {
            ref readonly var one = ref state.Processes[process];
            if (one.Life != Life.Alive)
                continue;
            foreach (ref readonly var page in (ReadOnlySpan<PageEntry>)one.Window)
                known |= page.IsMapped ? 2u << (int)page.Kind : 1u;
        }
        return known;
    }

    /// <summary>External pins, pins of one page by two, and mappings that have some.</summary>
    private static uint OfPins(in ModelState state)
    {
        var (twice, mappings) = (0, 0UL);
        for (var i = 0; i < state.PinCount; i++)
        {
            ref readonly var pin = ref state.Pins[i];
            twice += pin.References > 1 ? 1 : 0;
            mappings |= 1UL << pin.Mapping;
        }
        return Steps(state.PinCount, 3) | Steps(twice, 1) << 2 | Steps(BitOperations.PopCount(mappings), 2) << 3
            | (state.HasUnalignedPin ? 1u : 0) << 5;
    }

    /// <summary>0, 1, ... or at least <paramref name="most"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Steps(int count, int most) => (uint)Math.Clamp(count, 0, most);
}
