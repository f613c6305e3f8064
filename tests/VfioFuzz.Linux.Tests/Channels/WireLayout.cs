using System.Globalization;
using VfioFuzz.Linux.Channels;
using VfioFuzz.Linux.Tools;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Tests.Channels;

/// <summary>Host and guest mean the same bytes: the C compiler's view of guest/wire.h against ours.</summary>
public sealed unsafe class WireLayout
{
    [CompilerFact]
    public void Every_field_lies_where_the_guest_has_it()
    {
        var header = default(WireHeader);
        var slot = default(WireSlot);
        (string C, long Ours)[] layout =
        [
            ("WIRE_MAGIC", unchecked((long)Wire.Magic)),
            ("WIRE_SLOTS", Wire.Slots),
            ("WIRE_LINES_MAX", Limits.LinesMax),
            ("WIRE_EVENTS_MAX", Wire.EventsMax),
            ("WIRE_TEXT_MAX", Wire.TextMax),
            ("WIRE_SLOT_OFFSET", Wire.SlotOffset),
            ("sizeof(struct wire_operation)", sizeof(Operation)),
            ("sizeof(struct wire_event)", sizeof(HistoryEvent)),
            ("sizeof(struct wire_device)", sizeof(DeviceSpec)),
            ("sizeof(struct wire_slot)", sizeof(WireSlot)),
            ("sizeof(struct wire_header)", sizeof(WireHeader)),
            ("offsetof(struct wire_header, heartbeat)", (byte*)&header.Heartbeat - (byte*)&header),
            ("offsetof(struct wire_header, pci_range)", (byte*)header.PciRange - (byte*)&header),
            ("offsetof(struct wire_header, kernel)", header.Kernel - (byte*)&header),
            ("offsetof(struct wire_header, failure)", header.Failure - (byte*)&header),
            ("offsetof(struct wire_header, command)", (byte*)&header.Command - (byte*)&header),
            ("offsetof(struct wire_header, command_value)", (byte*)header.CommandValue - (byte*)&header),
            ("offsetof(struct wire_header, command_text)", header.CommandText - (byte*)&header),
            ("offsetof(struct wire_slot, sequence)", (byte*)&slot.Sequence - (byte*)&slot),
            ("offsetof(struct wire_slot, device)", (byte*)&slot.World - (byte*)&slot),
            ("offsetof(struct wire_slot, block)", slot.Block - (byte*)&slot),
            ("offsetof(struct wire_slot, operation)", (byte*)&slot.Operations - (byte*)&slot),
            ("offsetof(struct wire_slot, event)", (byte*)&slot.EventList - (byte*)&slot),
            ("offsetof(struct wire_slot, text)", slot.Text - (byte*)&slot),
        ];
        Assert.Equal(
            layout.Select(field => $"{field.C} {field.Ours.ToString(CultureInfo.InvariantCulture)}"),
            Compiled(layout.Select(field => field.C)));
    }

    [Fact]
    public void All_slots_fit_into_the_shared_memory() =>
        Assert.True(Wire.SlotOffset + Wire.Slots * sizeof(WireSlot) <= Wire.MemorySize);

    private static string[] Compiled(IEnumerable<string> expressions)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var prints = expressions.Select(text => $"""printf("%s %lld\n", "{text}", (long long)({text}));""");
            File.WriteAllText(Path.Combine(folder, "layout.c"), $$"""
                #include <stddef.h>
                #include <stdio.h>
                #include "wire.h"
                int main(void) { {{string.Join('\n', prints)}} return 0; }
                """);
            Tool.Demand("gcc", ["-I", KernelRequest.ShippedGuestSource, "-o", "layout", "layout.c"], default, folder);
            return Tool.Demand(Path.Combine(folder, "layout"), [], default).Trim().Split('\n');
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
