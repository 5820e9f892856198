/// Rules about the arguments of a call alone.
extension Refusal.Rule {
    /// An argument that has one wrong value; `expected` says what would do, as in `must be 0`.
    public static func argument(_ name: String, _ value: Refusal.Value, _ expected: String) -> Self {
        Self("bad_argument", "\("argument", .name(name)) is \("value", value): \("expected", .name(expected))")
    }

    /// A byte address or an offset within a page.
    static func unaligned(_ name: String, _ value: UInt64, to unit: UInt64 = PageSize.base) -> Self {
        Self(
            "unaligned",
            "\("argument", .name(name)) \("value", .address(value)) is not a multiple of \("unit", .bytes(unit))")
    }

    /// A length of 0, or one that rounding up to pages makes 0.
    static func zeroLength(_ name: String) -> Self {
        Self("zero_length", "\("argument", .name(name)) is 0")
    }

    /// A length that has no multiple of 4 KiB above it.
    static func lengthWraps(_ name: String, _ length: UInt64) -> Self {
        Self(
            "length_wraps",
            "\("argument", .name(name)) \("length", .bits(length)) wraps to 0 when it is rounded up to pages")
    }

    /// Bits of a flag word that the call does not know.
    static func unknownBits(_ name: String, _ bits: UInt64, known: UInt64) -> Self {
        Self(
            "unknown_flags",
            "\("argument", .name(name)) has \("unknown", .bits(bits & ~known)); the call knows \("known", .bits(known))"
        )
    }

    /// Two arguments, or two flags, that cannot be together; or one that needs another.
    public static func combination(_ sentence: String) -> Self {
        Self("combination", "\("rule", .name(sentence))")
    }

    /// An end that lies below its start.
    static func rangeWraps(_ start: UInt64, _ length: UInt64) -> Self {
        Self(
            "range_wraps", "the range at \("start", .address(start)) of \("length", .bytes(length)) ends beyond 2^64")
    }

    /// A range that reaches out of user space.
    static func beyondUserSpace(_ start: UInt64, _ length: UInt64) -> Self {
        Self(
            "beyond_user_space",
            "the range at \("start", .address(start)) of \("length", .bytes(length)) reaches beyond TASK_SIZE \("task_size", .address(AddressSpaceLimit.taskSize))"
        )
    }

    /// A file offset, in pages, whose end is more than 64 bits hold.
    static func offsetWraps(_ pgoff: UInt64, _ length: UInt64) -> Self {
        Self(
            "offset_wraps",
            "file page \("pgoff", .count(Int64(clamping: pgoff))) and \("length", .bytes(length)) behind it end beyond 2^64 pages"
        )
    }

    /// Arguments that must be 0 because the call does not use them.
    static func unusedArguments(_ which: String) -> Self {
        Self("unused_arguments", "arguments \("arguments", .name(which)) are not used and must be 0")
    }

    /// A process that never was or has ended.
    public static func noProcess(_ name: String) -> Self {
        Self("no_process", "there is no process \("process", .name(name)): it was not made, or it has ended")
    }
}

/// Rules about the arguments of mmap(2) and mremap(2).
extension Refusal.Rule {
    /// MAP_TYPE of mmap(2).
    static func mappingType(_ type: UInt64, _ what: String) -> Self {
        Self(
            "mapping_type",
            "flags name the type \("type", .bits(type)), which \("what", .name(what)) does not have: MAP_SHARED or MAP_PRIVATE does"
        )
    }

    /// log2 of a huge page's size.
    static func hugePageSize(_ shift: UInt64) -> Self {
        Self(
            "huge_page_size",
            "flags ask for huge pages of 2^\("shift", .count(Int64(clamping: shift))) bytes; the CPU has 2^21 and 2^30")
    }

    /// A fixed address so high that the kernel takes it for an error number (IS_ERR_VALUE).
    static func addressReadsAsErrno(_ address: UInt64) -> Self {
        Self(
            "address_is_errno",
            "address \("address", .address(address)) lies in the last page of 2^64, where it reads as an errno")
    }

    /// MREMAP_DONTUNMAP does not change the size.
    static func dontUnmapLength(_ old: UInt64, _ new: UInt64) -> Self {
        Self(
            "dontunmap_length",
            "MREMAP_DONTUNMAP keeps the size, but old_len is \("old_len", .bytes(old)) and new_len \("new_len", .bytes(new))"
        )
    }

    /// The new place of mremap(2) overlaps the old one.
    static func overlap(_ oldStart: UInt64, _ oldEnd: UInt64, _ newStart: UInt64, _ newEnd: UInt64) -> Self {
        Self(
            "overlap",
            "the new place \("new", .range(newStart, newEnd)) overlaps the old one \("old", .range(oldStart, oldEnd))")
    }
}
