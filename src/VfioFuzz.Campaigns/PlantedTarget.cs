using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>A target whose answers are changed by a plant on their way to the judge.</summary>
public sealed class PlantedTarget(ITarget target, Plant plant) : ITarget
{
    public string Name => target.Name;

    public Platform Platform => target.Platform;

    public IEnumerable<History> Run(IEnumerable<Program> programs, RunRequest request)
    {
        var running = new Queue<Program>();
        foreach (var history in target.Run(Noted(programs, running), request))
        {
            plant.Apply(running.Dequeue(), history, out var planted);
            yield return planted;
        }
    }

    public void Dispose() => target.Dispose();

    private static IEnumerable<Program> Noted(IEnumerable<Program> programs, Queue<Program> running)
    {
        foreach (var program in programs)
        {
            running.Enqueue(program);
            yield return program;
        }
    }
}
