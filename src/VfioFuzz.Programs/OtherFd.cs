namespace VfioFuzz.Programs;

/// <summary>An fd number that SET_CONTAINER is given in place of the one of a slot.</summary>
public enum OtherFd : byte
{
    /// <summary>The slot's.</summary>
    None = 0,
    MinusOne = 1,

    /// <summary>-2^31.</summary>
    Least = 2,

    /// <summary>2^31 - 1, where no file is ever.</summary>
    Most = 3,

    /// <summary>An eventfd that is made for the call: a file, and nothing of vfio's.</summary>
    EventFd = 4,

    /// <summary>The root directory, opened for the call with O_PATH: what fdget does not find.</summary>
    Path = 5,

    /// <summary>The root directory, opened for the call to be read.</summary>
    Directory = 6,
}
