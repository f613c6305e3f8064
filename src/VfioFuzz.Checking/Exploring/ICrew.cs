namespace VfioFuzz.Checking.Exploring;

/// <summary>Who does a search's work: this thread, or several threads of somebody who may have them.</summary>
public interface ICrew
{
    int Members { get; }

    /// <summary>Runs the work once for each member's number; returns when all have.</summary>
    void RunAll(Action<int> work);
}

/// <summary>The calling thread alone.</summary>
public sealed class LoneCrew : ICrew
{
    public static LoneCrew Instance { get; } = new();

    public int Members => 1;

    public void RunAll(Action<int> work) => work(0);
}
