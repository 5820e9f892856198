/// Rules about an access that ends in a signal. A VMA is given by its bounds.
extension Refusal.Rule {
    /// SEGV_MAPERR.
    static func noMapping(_ address: UInt64, between below: UInt64, and above: UInt64) -> Self {
        Self(
            "no_mapping",
            "no VMA holds \("address", .address(address)); it lies in the gap \("gap", .range(below, above))")
    }

    /// SEGV_ACCERR.
    static func accessDenied(_ vma: Refusal.Value, _ permissions: String, _ access: String) -> Self {
        Self(
            "access_denied",
            "the VMA \("vma", vma) is \("permissions", .name(permissions)), which allows no \("access", .name(access))")
    }

    /// A marker of MADV_GUARD_INSTALL.
    static func guardRegion(_ address: UInt64, in vma: Refusal.Value) -> Self {
        Self("guard_region", "\("address", .address(address)) lies in a guard region of the VMA \("vma", vma)")
    }

    /// A general protection fault.
    static func notCanonical(_ address: UInt64) -> Self {
        Self("not_canonical", "\("address", .address(address)) is not canonical: bits 47 to 63 are not all alike")
    }

    /// The upper half.
    static func kernelAddress(_ address: UInt64) -> Self {
        Self("kernel_address", "\("address", .address(address)) belongs to the kernel")
    }

    /// The vsyscall page has three entries.
    static func notVsyscallEntry(_ address: UInt64) -> Self {
        Self("not_vsyscall_entry", "\("address", .address(address)) is in the vsyscall page, but no entry of it")
    }

    /// A page that a special mapping does not have.
    static func noSpecialPage(_ address: UInt64, in vma: Refusal.Value) -> Self {
        Self("no_special_page", "the special mapping \("vma", vma) has no page at \("address", .address(address))")
    }

    /// SIGBUS beyond the end of a file.
    static func beyondEnd(_ address: UInt64, page: UInt64, size: UInt64) -> Self {
        Self(
            "beyond_end",
            "\("address", .address(address)) maps offset \("offset", .bits(page << 12)) of a file of \("size", .bytes(size))"
        )
    }

    /// PKRU does not allow the access; `pkru` is the register.
    static func keyDenied(_ vma: Refusal.Value, key: UInt64, _ access: String, pkru: UInt32) -> Self {
        Self(
            "protection_key",
            "the VMA \("vma", vma) has protection key \("key", .count(Int64(key))), and pkru \("pkru", .bits(UInt64(pkru))) allows it no \("access", .name(access))"
        )
    }

    /// A key that pkey_alloc(2) did not give.
    static func noKey(_ key: Int32) -> Self {
        Self("no_such_key", "protection key \("key", .count(Int64(key))) is not allocated")
    }

    /// No key can be had.
    static func noKeys(_ why: String) -> Self { Self("no_key", "no protection key: \("reason", .name(why))") }
}
