/// The register that says what a thread may do with pages of each protection key (Intel SDM vol. 3A, 4.6.2): two bits a key,
/// access disable and write disable. It holds for data only, never for instruction fetches.
struct PKRU: Equatable {
    let rawValue: UInt32

    @inline(__always)
    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `init_pkru_value`: what a program starts with. Every key but 0 is closed.
    static var initial: PKRU { PKRU(rawValue: 0x5555_5554) }
    /// The processor has no such register.
    static var absent: PKRU { PKRU(rawValue: 0) }

    /// How many keys there are.
    static var keyCount: Int { 16 }
    /// PKEY_DISABLE_ACCESS and PKEY_DISABLE_WRITE, as the register and pkey_alloc(2) have them.
    static var disableAccess: UInt32 { 1 }
    static var disableWrite: UInt32 { 2 }

    /// The two bits of a key.
    @inline(__always)
    func denials(_ key: UInt64) -> UInt32 { rawValue &>> UInt32(truncatingIfNeeded: 2 &* key) & 3 }

    /// `__pkru_allows_pkey`.
    @inline(__always)
    func allows(_ key: UInt64, write: Bool) -> Bool { denials(key) & (write ? 3 : 1) == 0 }

    /// The register with other bits for a key.
    func setting(_ key: UInt64, _ denials: UInt32) -> PKRU {
        let shift = UInt32(2 * key)
        return PKRU(rawValue: rawValue & ~(3 << shift) | denials << shift)
    }
}
