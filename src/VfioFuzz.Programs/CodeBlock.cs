namespace VfioFuzz.Programs;

/// <summary>A block of a kernel module's code that a target tells of when it runs.</summary>
/// <param name="Start">Bytes from the start of the module's code; a run tells blocks by this number.</param>
/// <param name="Function">The function whose source it is of, after inlining.</param>
/// <param name="Line">The line of the source where it begins.</param>
public readonly record struct CodeBlock(uint Start, string Function, int Line);
