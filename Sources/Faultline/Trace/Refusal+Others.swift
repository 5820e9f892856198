/// Rules about what others do to a process's memory.
extension Refusal.Rule {
    /// `check_vma_flags`: pages are pinned as far as the VMA lets the process itself use them.
    static func mayNotPin(_ vma: Refusal.Value, _ permissions: String, _ wanted: VMFlags) -> Self {
        let what = wanted.has(.write) ? "writing" : "reading"
        return Self(
            "may_not_pin",
            "the VMA \("vma", vma) is \("permissions", .name(permissions)): its pages cannot be pinned for \("access", .name(what))"
        )
    }

    /// io_uring_register(2) of a descriptor that io_uring_setup(2) did not give.
    static func notARing(_ fd: Int32) -> Self {
        Self("not_a_ring", "descriptor \("fd", .count(Int64(fd))) is no ring of io_uring")
    }

    /// IORING_UNREGISTER_BUFFERS.
    static func nothingRegistered(_ fd: Int32) -> Self {
        Self("nothing_registered", "the ring of descriptor \("fd", .count(Int64(fd))) has no buffers")
    }

    /// `mm_access`.
    static func mayNotReach(user: UInt32, target: UInt32) -> Self {
        Self(
            "may_not_reach",
            "user \("user", .name(String(user))) may not reach the memory of a process of user \("target", .name(String(target))), which is another's, is not to be dumped, or has more capabilities; CAP_SYS_PTRACE is missing"
        )
    }

    /// process_madvise(2) of another process's memory.
    static func adviceForOthers(_ advice: Int64) -> Self {
        Self(
            "advice_for_others",
            "advice \("advice", .count(advice)) is not for another process: MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED and MADV_COLLAPSE are"
        )
    }

    /// MPOL_MF_STRICT.
    static func pagesElsewhere(_ count: Int64) -> Self {
        Self(
            "pages_elsewhere",
            "\("pages", .count(count)) pages or large folios lie on other nodes than the policy's, and stay there")
    }

    /// set_mempolicy_home_node(2).
    static func policyHasNoHome(_ vma: Refusal.Value, _ policy: String) -> Self {
        Self(
            "policy_has_no_home",
            "the VMA \("vma", vma) has the memory policy \("policy", .name(policy)): only bind and prefer (many) have a home node"
        )
    }

    /// PM_SCAN_CHECK_WPASYNC.
    static func notWriteProtected(_ vma: Refusal.Value) -> Self {
        Self("not_write_protected", "the VMA \("vma", vma) is not write-protected asynchronously by userfaultfd")
    }

    /// F_SEAL_WRITE.
    static var pinnedByRing: Self {
        Self("pinned_by_ring", "a page of the file is pinned for a ring, which may write to it")
    }
}
