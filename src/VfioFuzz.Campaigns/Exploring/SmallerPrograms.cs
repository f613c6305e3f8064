using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Exploring;

/// <summary>
/// Where the proof of a minimum looks: every program of fewer lines whose operations are the program's own or those of its simpler
/// candidates, in any order and any number of times.
/// </summary>
public static class SmallerPrograms
{
    /// <summary>The setup of the search.</summary>
    /// <param name="program">The program that is thought to be smallest.</param>
    /// <param name="simplerThan">The ordered simpler candidates of a program.</param>
    public static ExplorationSetup Of(Program program, Func<Program, IEnumerable<Program>> simplerThan)
    {
        var menu = ImmutableArray.CreateBuilder<Operation>();
        var known = new HashSet<Operation>();
        var operations = Operations(program).Concat(simplerThan(program)
            .Where(candidate => candidate.World == program.World)
            .SelectMany(Operations));
        foreach (var operation in operations)
        {
            if (menu.Count < Limits.LinesMax && !operation.Task.IsWorker && known.Add(operation))
                menu.Add(operation);
        }
        return new ExplorationSetup(program.World, [], menu.ToImmutable())
        {
            IsSequential = !program.Lines.Any(line => line.IsParallel),
        };
    }

    private static IEnumerable<Operation> Operations(Program program) => program.Lines.Select(line => line.Operation);
}
