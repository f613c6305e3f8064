using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Channels;

/// <summary>What an executor reports about its machine when it is ready.</summary>
/// <param name="Kernel">uname -r and -v.</param>
/// <param name="Failure">Why the guest cannot be used; empty when it can.</param>
/// <param name="UpdateVaddrPci">CHECK_EXTENSION(UPDATE_VADDR) of a container with a pci group.</param>
/// <param name="UpdateVaddrMdev">The same with an mdev's group.</param>
/// <param name="WriteOnlyReads">Whether a pci device read through a write-only mapping.</param>
/// <param name="EnforcesCoherency">CHECK_EXTENSION(DMA_CC) of a container with a pci group.</param>
/// <param name="HasHugePage">Whether the kernel had a huge page to give.</param>
/// <param name="HasUnsafeInterrupts">Whether a pci group is attached only while allow_unsafe_interrupts is set.</param>
internal sealed record GuestFacts(
    string Kernel,
    string Failure,
    int DevicesPci,
    int DevicesMdev,
    ulong PciPageSizes,
    IovaRange[] PciRanges,
    uint DmaEntryLimit,
    bool UpdateVaddrPci,
    bool UpdateVaddrMdev,
    bool WriteOnlyReads,
    bool EnforcesCoherency,
    bool HasHugePage,
    bool HasUnsafeInterrupts);
