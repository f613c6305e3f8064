using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>
/// Simpler programs than a given one, the boldest first: the minimizer and FsCheck try them in this order. All are
/// canonical and strictly smaller in <see cref="ProgramSize"/>, so that trying ends; each single line is among those
/// left out, so that a program none of whose candidates will do is 1-minimal.
/// </summary>
public static class Candidates
{
    public static IEnumerable<Program> SimplerThan(Program program)
    {
        var size = ProgramSize.Of(program);
        return WithFewerLines(program)
            .Concat(WithSimplerThreads(program))
            .Concat(WithSimplerWorlds(program))
            .Concat(OperandCandidates.Of(program))
            .Select(candidate => candidate.Canonical())
            .Where(candidate => ProgramSize.Of(candidate) < size);
    }

    /// <summary>
    /// Without whole threads, then without halves, quarters, and so on down to single lines, the last lines first.
    /// </summary>
    private static IEnumerable<Program> WithFewerLines(Program program)
    {
        var lines = program.Lines;
        foreach (var task in Tasks(program))
            yield return new Program(program.World, lines.RemoveAll(line => line.Operation.Task == task));
        for (var chunk = lines.Length / 2; chunk > 0; chunk /= 2)
            for (var end = lines.Length; end > 0; end -= chunk)
                yield return new Program(
                    program.World, lines.RemoveRange(Math.Max(0, end - chunk), Math.Min(chunk, end)));
        foreach (var block in Blocks(program))
            yield return new Program(program.World, lines.RemoveAll(line => line.Block == block));
    }

    private static IEnumerable<Program> WithSimplerThreads(Program program)
    {
        var lines = program.Lines;
        foreach (var task in Tasks(program).Reverse())
            foreach (var other in Tasks(program).Append(TaskId.Of(task.Process, 0)).Append(TaskId.Of(0, 0)))
                if (other.Value < task.Value)
                    yield return Changed(program, line => line.Operation.Task == task ? By(line, other) : line);
        yield return Changed(program, line => line with { Block = 0 });
        foreach (var block in Blocks(program))
            yield return Changed(program, line => line.Block == block ? line with { Block = 0 } : line);
        // A line at the edge of a block may as well run before or after it.
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].IsParallel && (i == 0 || i == lines.Length - 1 || lines[i - 1].Block != lines[i + 1].Block))
                yield return program.With(i, lines[i] with { Block = 0 });
        for (var i = 0; i + 1 < lines.Length; i++)
            if (lines[i].Operation.Task != lines[i + 1].Operation.Task && lines[i].Block == lines[i + 1].Block)
                yield return program.With(i, lines[i + 1]).With(i + 1, lines[i]);
    }

    private static IEnumerable<Program> WithSimplerWorlds(Program program)
    {
        var world = program.World;
        for (var number = Limits.DevicesMax - 1; number >= 0; number--)
        {
            var device = world.Device(number);
            foreach (var simpler in SimplerDevices(device))
                yield return new Program(world.With(number, simpler), program.Lines);
            for (var lower = 0; lower < number && device.Kind != DeviceKind.Absent; lower++)
                if (world.Device(lower).Kind == DeviceKind.Absent)
                    yield return Renumbered(program, number, lower);
        }
    }

    private static IEnumerable<DeviceSpec> SimplerDevices(DeviceSpec device)
    {
        if (device.Kind == DeviceKind.Absent)
            yield break;
        yield return default;
        if (device.HasSibling)
            yield return DeviceSpec.Pci;
        if (device.Kind == DeviceKind.Pci)
            yield break;
        yield return DeviceSpec.Mdev;
        yield return device with { By = default };
        yield return device with { Lock = default };
        yield return device with { Lock = DriverLock.Own };
        yield return device with { Callback = default };
        yield return device with { OnFault = default };
        foreach (byte count in new[] { 1, device.RefuseCount / 2, device.RefuseCount - 1 }.Where(count => count >= 0))
            yield return device with { RefuseCount = count };
        foreach (byte count in new[] { 1, device.RetryCount / 2, device.RetryCount - 1 }.Where(count => count >= 0))
            yield return device with { RetryCount = count };
    }

    /// <summary>
    /// Device <paramref name="number"/> becomes <paramref name="other"/>, which the world does not have, in world and
    /// lines.
    /// </summary>
    private static Program Renumbered(Program program, int number, int other)
    {
        var world = program.World.With(other, program.World.Device(number)).With(number, default);
        return OperandCandidates.Replaced(new Program(world, program.Lines), OperandType.Device, (ulong)number, (ulong)other);
    }

    private static Program Changed(Program program, Func<Line, Line> change) =>
        new(program.World, [.. program.Lines.Select(change)]);

    private static Line By(Line line, TaskId task) => line with { Operation = line.Operation with { Task = task } };

    private static ImmutableArray<TaskId> Tasks(Program program) =>
        [.. program.Lines.Select(line => line.Operation.Task).Distinct().OrderBy(task => task.Value)];

    private static IEnumerable<byte> Blocks(Program program) =>
        program.Lines.Where(line => line.IsParallel).Select(line => line.Block).Distinct();
}
