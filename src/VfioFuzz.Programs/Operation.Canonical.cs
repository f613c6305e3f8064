namespace VfioFuzz.Programs;

public readonly partial record struct Operation
{
    /// <summary>
    /// The operation that means the same and holds nothing else: operands inside their domains, places that the kind
    /// does not use zero. Text and bytes know canonical operations only; decoder, parser, generator and mutator make no
    /// others.
    /// </summary>
    /// <exception cref="ArgumentException">The kind is none that a program may hold.</exception>
    public Operation Canonical
    {
        get
        {
            var canonical = new Operation(Kind, new TaskId((byte)(Task.Value % Limits.UserTasksMax)), 0, 0, 0, 0, 0, 0);
            foreach (var operand in OperationForm.Of(Kind).Operands)
                canonical = operand.Put(canonical, operand.Of(this));
            return canonical;
        }
    }

    public bool IsCanonical => OperationForm.Knows(Kind) && Canonical == this;
}
