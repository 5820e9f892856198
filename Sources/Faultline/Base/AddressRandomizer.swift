/// Where the parts of an address space go: `arch_pick_mmap_layout` (`arch/x86/mm/mmap.c`), `randomize_stack_top`,
/// `arch_align_stack` and `arch_randomize_brk`, with random numbers from an injected seed, or with none
/// (ADDR_NO_RANDOMIZE, or `kernel.randomize_va_space` 0).
struct AddressRandomizer {
    private var random: SplitMix64?
    private let settings: KernelSettings

    /// Without a seed, every place is the lowest or highest that it can be.
    init(seed: UInt64?, settings: KernelSettings) {
        random = settings.randomizeVASpace == 0 ? nil : seed.map { SplitMix64(seed: $0) }
        self.settings = settings
    }

    /// PF_RANDOMIZE.
    var isOn: Bool { random != nil }

    /// True where the heap's place is random too.
    var movesHeap: Bool { isOn && settings.randomizeVASpace > 1 }

    /// `STACK_RND_MASK`: 22 bits of pages.
    static let stackPages: UInt64 = 0x3f_ffff
    /// How far `arch_randomize_brk` moves the heap, in bytes.
    static let heapRange: UInt64 = 1 << 30
    /// `ELF_ET_DYN_BASE`: two thirds of the address space, which is within a page.
    static let positionIndependentBase: VirtualAddress = AddressSpaceLimit.taskSize / 3 * 2
    /// `TASK_UNMAPPED_BASE`: a third of the address space.
    static let unmappedBase: VirtualAddress = (AddressSpaceLimit.taskSize / 3).pageAlignedUp

    /// A number below the bound; 0 without randomisation.
    mutating func below(_ bound: UInt64) -> UInt64 {
        guard isOn, let number = random?.next() else { return 0 }
        return number.multipliedFullWidth(by: bound).high
    }

    /// `arch_mmap_rnd`, in bytes.
    mutating func mmapOffset() -> UInt64 { below(1 << settings.mmapRandomBits) << 12 }

    /// The ends of the mmap area: of the top-down one, and of the bottom-up one.
    mutating func mmapBases(stackLimit: UInt64) -> (topDown: VirtualAddress, bottomUp: VirtualAddress) {
        let offset = mmapOffset()
        let pad = (isOn ? Self.stackPages << 12 : 0) + settings.stackGuardGap
        let (sum, overflow) = stackLimit.addingReportingOverflow(pad)
        let gap = min(max(overflow ? stackLimit : sum, 128 << 20), AddressSpaceLimit.taskSize / 6 * 5)
        return ((AddressSpaceLimit.taskSize - gap - offset).pageAlignedUp, Self.unmappedBase + offset)
    }

    /// Where the stack ends (`setup_arg_pages`): aligning the stack pointer may cost one page more.
    mutating func stackTop() -> VirtualAddress {
        alignedStack(AddressSpaceLimit.taskSize - below(Self.stackPages + 1) << 12).pageAlignedUp
    }

    /// `arch_align_stack`.
    mutating func alignedStack(_ pointer: VirtualAddress) -> VirtualAddress { (pointer - below(8192)) & ~15 }

    /// Where the heap begins; `isMoved` says that a static position-independent program's left the mmap area.
    mutating func heapStart(_ end: VirtualAddress, isMoved: Bool) -> VirtualAddress {
        guard movesHeap else { return end }
        return end &+ (isMoved ? 0 : PageSize.base) &+ below(Self.heapRange >> 12) << 12
    }
}
