using VfioFuzz.Model.State;

namespace VfioFuzz.Model.Judging;

/// <summary>A state on the heap, to be filled again and again.</summary>
internal sealed class StateBox
{
    public ModelState State;
}

/// <summary>A growing row of boxes that are reused: nothing is allocated once the deepest use has been seen.</summary>
internal sealed class StateRow
{
    private readonly List<StateBox> boxes = [];

    public int Count { get; set; }

    public ref ModelState this[int index]
    {
        get
        {
            while (boxes.Count <= index)
                boxes.Add(new StateBox());
            return ref boxes[index].State;
        }
    }
}
