/// Why two VMAs are not one. A VMA is given by its bounds.
extension Refusal.Rule {
    /// Flags differ, but for those that a merge does not compare; named as in smaps' VmFlags.
    static func flagsDiffer(_ vma: Refusal.Value, has: VMFlags, other: VMFlags) -> Self {
        let difference = VMFlags(rawValue: has.rawValue ^ other.rawValue).removing(.sticky)
        let more = has.intersection(difference).mnemonics
        let less = other.intersection(difference).mnemonics
        if less.isEmpty, more.isEmpty {
            return Self(
                "protection_key_differs",
                "protection keys differ: \("vma", vma) has \("key", .count(Int64(has.protectionKey))), not \("other_key", .count(Int64(other.protectionKey)))"
            )
        }
        if less.isEmpty { return Self("flags_differ", "only \("vma", vma) has \("only_there", .name(more))") }
        if more.isEmpty { return Self("flags_differ", "\("vma", vma) lacks \("missing_there", .name(less))") }
        return Self(
            "flags_differ",
            "\("vma", vma) has \("only_there", .name(more)) and lacks \("missing_there", .name(less))")
    }

    /// `mpol_equal`; as numa_maps names policies.
    static func policyDiffers(_ vma: Refusal.Value, _ policy: String, _ other: String) -> Self {
        Self(
            "policy_differs",
            "\("vma", vma) has the memory policy \("policy", .name(policy)), not \("other_policy", .name(other))")
    }

    /// Not the same `struct file`: one inode that was opened twice is two.
    static func fileDiffers(_ vma: Refusal.Value, _ what: String) -> Self {
        Self("file_differs", "\("vma", vma) maps \("file", .name(what)) through another open file, or none")
    }

    /// `vm_pgoff` does not continue; in pages. Of anonymous memory it is the address at creation.
    static func offsetDiffers(_ vma: Refusal.Value, first: UInt64, pages: UInt64, second: UInt64) -> Self {
        Self(
            "offset_differs",
            "file offset \("offset", .bits(second << 12)) does not continue \("first_offset", .bits(first << 12)) by \("length", .pages(pages)): at \("vma", vma)"
        )
    }

    /// Both have pages of their own, in different anon_vmas.
    static func anonVMADiffers(_ vma: Refusal.Value) -> Self {
        Self("anon_vma_differs", "\("vma", vma) has another anon_vma: both were written to apart from each other")
    }

    /// `vm_userfaultfd_ctx`.
    static func userfaultDiffers(_ vma: Refusal.Value) -> Self {
        Self("userfault_differs", "\("vma", vma) is registered with another userfaultfd")
    }

    /// `vma_is_fork_child` (since 6.16).
    static func inheritedByFork(_ vma: Refusal.Value) -> Self {
        Self("inherited_by_fork", "an anon_vma chain that fork made is not shared: at \("vma", vma)")
    }

    /// VM_SPECIAL, and special mappings.
    static func neverMerged(_ vma: Refusal.Value, _ flags: VMFlags) -> Self {
        let names = flags.intersection(.special).mnemonics
        return Self(
            "never_merged",
            "a mapping of this kind (\("flags", .name(names.isEmpty ? "special" : names))) is never merged: at \("vma", vma)"
        )
    }

    /// `can_merge_remove_vma`: a System V attachment must be closed at its own end.
    static func closeOperation(_ vma: Refusal.Value) -> Self {
        Self("close_operation", "\("vma", vma) is a System V attachment, which counts each VMA and is not merged away")
    }

    /// Two that would fit: nothing has tried since.
    static func neverJoined(_ vma: Refusal.Value) -> Self {
        Self("never_joined", "\("vma", vma) would fit, but no call has changed either since it does")
    }
}
