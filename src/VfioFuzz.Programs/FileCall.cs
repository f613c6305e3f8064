namespace VfioFuzz.Programs;

/// <summary>What user space can try on a file beside ioctls.</summary>
public enum FileCall : byte
{
    Read = 0,
    Write = 1,
    Mmap = 2,
}
