/// Rules of userfaultfd.
extension Refusal.Rule {
    /// A fault that would have to wait, and cannot.
    static func userfaultCannotServe(_ address: UInt64, _ why: String) -> Self {
        Self(
            "userfault_cannot_serve",
            "no userfaultfd serves the fault at \("address", .address(address)): \("reason", .name(why))")
    }

    /// UFFDIO_POISON.
    static func poisonedPage(_ address: UInt64) -> Self {
        Self("poisoned", "UFFDIO_POISON marked the page at \("address", .address(address))")
    }

    /// A descriptor of another kind.
    static func noUserfault(_ fd: Int32) -> Self {
        Self("no_userfaultfd", "descriptor \("fd", .count(Int64(fd))) is no userfaultfd")
    }

    /// UFFDIO_API comes first, and once.
    static func userfaultHandshake(_ sentence: String) -> Self {
        Self("userfault_api", "\("rule", .name(sentence))")
    }

    /// CAP_SYS_PTRACE.
    static func userfaultPrivilege(_ what: String) -> Self {
        Self("userfault_privilege", "\("what", .name(what)) needs CAP_SYS_PTRACE")
    }

    /// The address space that it served has ended.
    static func userfaultWithoutMemory() -> Self {
        Self("userfault_no_memory", "the address space that the userfaultfd served is gone")
    }

    /// `mmap_changing`.
    static func userfaultChanging(_ events: Int32) -> Self {
        Self(
            "userfault_changing",
            "\("events", .count(Int64(events))) events of the userfaultfd are unread: the mappings are changing")
    }

    /// `vma_can_userfault`.
    static func userfaultKind(_ vma: Refusal.Value, _ modes: VMFlags) -> Self {
        Self(
            "userfault_kind",
            "the VMA \("vma", vma) is of a kind that a userfaultfd does not serve in the mode \("modes", .name(modes.mnemonics))"
        )
    }

    /// One owner a VMA.
    static func userfaultOwner(_ vma: Refusal.Value) -> Self {
        Self("userfault_owner", "the VMA \("vma", vma) is registered with another userfaultfd")
    }

    /// `validate_dst_vma`, and the mode that a call needs.
    static func userfaultUnregistered(_ start: UInt64, _ end: UInt64, _ what: String) -> Self {
        Self(
            "userfault_unregistered",
            "the range \("range", .range(start, end)) does not lie in one VMA that is \("what", .name(what))")
    }

    /// An entry that must be empty.
    static func userfaultOccupied(_ address: UInt64) -> Self {
        Self("userfault_occupied", "something is at \("address", .address(address)) already")
    }

    /// A page of a memory file that is not there, or cannot be.
    static func userfaultNoPage(_ address: UInt64, _ why: String) -> Self {
        Self("userfault_no_page", "no page for \("address", .address(address)): \("reason", .name(why))")
    }

    /// `validate_move_areas`, `move_pages_pte`.
    static func userfaultMove(_ address: UInt64, _ why: String) -> Self {
        Self("userfault_move", "nothing can be moved at \("address", .address(address)): \("reason", .name(why))")
    }

    /// What is done so far is less than all.
    static func userfaultPart(_ done: UInt64, of length: UInt64) -> Self {
        Self("userfault_part", "\("done", .bytes(done)) of \("length", .bytes(length)) are done")
    }
}
