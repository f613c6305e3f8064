namespace VfioFuzz.Architecture.Tests;

internal static class Offenders
{
    /// <summary>Fails with all of them: who breaks a rule wants the whole list, not the first.</summary>
    public static void None<T>(IEnumerable<T> offenders)
    {
        var all = offenders.Select(offender => $"{offender}").ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}
