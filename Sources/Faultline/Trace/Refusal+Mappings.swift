/// Rules about what is mapped. A VMA is given by its bounds.
extension Refusal.Rule {
    /// A part of the range is not mapped.
    static func hole(at address: UInt64, in start: UInt64, _ end: UInt64) -> Self {
        Self(
            "hole",
            "nothing is mapped at \("address", .address(address)) of the range \("range", .range(start, end))")
    }

    /// No VMA contains the address.
    static func nothingMapped(at address: UInt64) -> Self {
        Self("not_mapped", "nothing is mapped at \("address", .address(address))")
    }

    /// MAP_FIXED_NOREPLACE and shmat(2) without SHM_REMAP.
    static func occupied(_ start: UInt64, _ end: UInt64, by vma: Refusal.Value) -> Self {
        Self("occupied", "the place \("range", .range(start, end)) is taken by the VMA \("vma", vma)")
    }

    /// mseal(2).
    static func sealed(_ vma: Refusal.Value) -> Self { Self("sealed", "the VMA \("vma", vma) is sealed (sl)") }

    /// A VMA whose flags forbid the operation; `flags` are those that do.
    static func flagsForbid(_ vma: Refusal.Value, _ flags: VMFlags, _ operation: String) -> Self {
        Self(
            "vma_flags",
            "the VMA \("vma", vma) is \("flags", .name(flags.mnemonics)), which \("operation", .name(operation)) refuses"
        )
    }

    /// A VMA of another kind than the operation works on; `kind` is such as `anonymous`.
    static func wrongKind(_ vma: Refusal.Value, _ kind: String, _ operation: String) -> Self {
        Self(
            "vma_kind",
            "the VMA \("vma", vma) is \("kind", .name(kind)), which \("operation", .name(operation)) refuses")
    }

    /// vdso and the like stay whole.
    static func specialMapping(_ vma: Refusal.Value, _ operation: String) -> Self {
        Self(
            "special_mapping",
            "the VMA \("vma", vma) is a special mapping of the kernel's, which \("operation", .name(operation)) refuses"
        )
    }

    /// mprotect(2) to more than the VM_MAY flags allow.
    static func mayNot(_ vma: Refusal.Value, missing: VMFlags) -> Self {
        Self(
            "vm_may",
            "the VMA \("vma", vma) lacks \("missing", .name(missing.mnemonics)): its file was not opened for that")
    }

    /// PR_SET_MDWE.
    static func denyWriteExecute(_ protection: String) -> Self {
        Self(
            "mdwe",
            "PR_SET_MDWE forbids \("protection", .name(protection)): memory that is or was writable must not become executable"
        )
    }

    /// A range that reaches over the end of its VMA into another.
    static func severalVMAs(_ vma: Refusal.Value, _ start: UInt64, _ end: UInt64, next: String) -> Self {
        Self(
            "several_vmas",
            "the range \("range", .range(start, end)) is more than one VMA: \("vma", vma) ends within it, \("next", .name(next))"
        )
    }

    /// Growth with MREMAP_MAYMOVE missing.
    static func noRoomToGrow(_ vma: Refusal.Value, by delta: UInt64, _ why: String) -> Self {
        Self(
            "no_room_to_grow",
            "the VMA \("vma", vma) cannot grow by \("growth", .bytes(delta)) at its place, \("reason", .name(why)), and MREMAP_MAYMOVE is missing"
        )
    }

    /// A page of the range could not be faulted in.
    static func cannotPopulate(_ address: UInt64, _ why: String) -> Self {
        Self("cannot_populate", "the page at \("address", .address(address)) cannot be had: \("reason", .name(why))")
    }

    /// MADV_COLLAPSE where there are no huge pages to be had.
    static func noCollapse(_ vma: Refusal.Value) -> Self {
        Self("no_collapse", "the range in the VMA \("vma", vma) cannot become a huge page")
    }
}

/// Rules about the heap and the stack.
extension Refusal.Rule {
    /// brk(2) below the heap's start.
    static func belowHeap(_ requested: UInt64, start: UInt64) -> Self {
        Self(
            "below_heap",
            "\("requested", .address(requested)) lies below the start of the heap \("start", .address(start))")
    }

    /// RLIMIT_DATA as brk(2) compares it.
    static func heapLimit(_ size: UInt64, limit: UInt64) -> Self {
        Self(
            "rlimit",
            "heap and data of \("size", .bytes(size)) would exceed \("limit_name", .name("RLIMIT_DATA")) \("limit", .bytes(limit))"
        )
    }

    /// A page must stay free above the heap, and more below a stack.
    static func heapMeets(_ end: UInt64, _ vma: Refusal.Value, gap: UInt64) -> Self {
        Self(
            "heap_meets_vma",
            "a heap that ends at \("end", .address(end)) must end a page below \("free_until", .address(gap)): the VMA \("vma", vma) is there"
        )
    }

    /// `expand_downwards`: the guard gap below a stack.
    static func stackGap(_ start: UInt64, _ vma: Refusal.Value, distance: UInt64, gap: UInt64) -> Self {
        Self(
            "stack_guard_gap",
            "a stack that begins at \("start", .address(start)) would be \("distance", .bytes(distance)) above the VMA \("vma", vma), and stack_guard_gap is \("gap", .bytes(gap))"
        )
    }

    /// RLIMIT_STACK.
    static func stackLimit(_ size: UInt64, limit: UInt64) -> Self {
        Self(
            "rlimit_stack", "a stack of \("size", .bytes(size)) would exceed RLIMIT_STACK \("limit", .bytes(limit))")
    }

    /// `mmap_min_addr` holds for stacks too.
    static func stackTooLow(_ start: UInt64, limit: UInt64) -> Self {
        Self(
            "stack_too_low",
            "a stack would begin at \("start", .address(start)), below the lowest address \("limit", .address(limit))")
    }

    /// A stack that has no page offset left.
    static func stackOffset(_ growth: UInt64, pgoff: UInt64) -> Self {
        Self(
            "stack_offset",
            "a stack whose page offset is \("pgoff", .count(Int64(clamping: pgoff))) cannot grow by \("growth", .pages(growth))"
        )
    }
}
