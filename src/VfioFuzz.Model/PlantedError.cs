namespace VfioFuzz.Model;

/// <summary>
/// A wrong rule on purpose, so that a test can see that the oracle is alive: a model with one of these must disagree with every right
/// kernel within a few programs. Never on unless the constructor of an <see cref="Acceptor"/> asks for it.
/// </summary>
public enum PlantedError
{
    None = 0,

    /// <summary>UNMAP reports the size of the first mapping it removed only.</summary>
    ReportsSizeOfFirstMappingOnly,

    /// <summary>A MAP into an instance that has a mapping already charges nothing.</summary>
    ForgetsChargeOfSecondMap,

    /// <summary>A second reference to a pinned iova is not counted: the first unpin releases the page.</summary>
    ForgetsSecondPinReference,

    /// <summary>MAP over a mapping answers EINVAL in place of EEXIST.</summary>
    OverlapIsInvalid,
}
