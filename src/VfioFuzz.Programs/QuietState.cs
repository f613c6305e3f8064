using System.Collections.Immutable;

namespace VfioFuzz.Programs;

/// <summary>
/// A machine in which nothing can run any more, or one that has just broken a rule, as a search of one program's schedules meets it.
/// </summary>
/// <param name="Freezes">What each frozen mode comes to from here; empty when every call has returned.</param>
/// <param name="Broken">The broken rule and its evidence in words; empty: none.</param>
/// <param name="Watched">Bit i: the i-th watched line gave the answer it was watched for.</param>
/// <param name="Alive">Bit p: process p lives and is not on its way out.</param>
/// <param name="Dead">Bit p: process p has died.</param>
/// <param name="Pins">Pins that are held.</param>
/// <param name="PinsLeft">Pins that would still be held if every process were killed.</param>
public sealed record QuietState(
    ImmutableArray<FreezeOutcome> Freezes, string Broken, int Watched, int Alive, int Dead, int Pins, int PinsLeft);

/// <summary>Which schedules of one program a search walks through.</summary>
/// <param name="Overlaps">
/// Whether a line may start while calls of earlier lines are still under way, as soon as its own thread is in user space; otherwise it
/// waits until nothing can run, as the lines of a program do.
/// </param>
/// <param name="Selects">
/// Whether lines may be left out: every program that is made of some of the lines, in their order, and not the whole program alone.
/// </param>
public readonly record struct ScheduleSpace(bool Overlaps, bool Selects);

/// <summary>A line whose answer a search looks at.</summary>
/// <param name="Line">Its number in the program, from 0.</param>
/// <param name="Answer">The answer, as in a file.</param>
public readonly record struct WatchedAnswer(int Line, string Answer);
