/// The flags of a VMA: `vm_flags` (`include/linux/mm.h`), with the kernel's bit numbers on x86-64.
public struct VMFlags: OptionSet, Hashable, Sendable {
    /// The bits as the kernel keeps them.
    public let rawValue: UInt64

    /// Makes a set from the kernel's bits.
    @inline(__always)
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    static let read = VMFlags(rawValue: 1 << 0)
    static let write = VMFlags(rawValue: 1 << 1)
    static let exec = VMFlags(rawValue: 1 << 2)
    static let shared = VMFlags(rawValue: 1 << 3)
    static let mayRead = VMFlags(rawValue: 1 << 4)
    static let mayWrite = VMFlags(rawValue: 1 << 5)
    static let mayExec = VMFlags(rawValue: 1 << 6)
    static let mayShare = VMFlags(rawValue: 1 << 7)
    static let growsDown = VMFlags(rawValue: 1 << 8)
    /// `VM_UFFD_MISSING`: a userfaultfd serves faults on pages that are not there.
    static let userfaultMissing = VMFlags(rawValue: 1 << 9)
    static let pfnMap = VMFlags(rawValue: 1 << 10)
    /// A guard region was installed here at some time (`VM_MAYBE_GUARD`); sticky across merges.
    static let maybeGuard = VMFlags(rawValue: 1 << 11)
    /// `VM_UFFD_WP`: a userfaultfd write-protects pages.
    static let userfaultWP = VMFlags(rawValue: 1 << 12)
    static let locked = VMFlags(rawValue: 1 << 13)
    static let io = VMFlags(rawValue: 1 << 14)
    static let sequentialRead = VMFlags(rawValue: 1 << 15)
    static let randomRead = VMFlags(rawValue: 1 << 16)
    static let dontCopy = VMFlags(rawValue: 1 << 17)
    static let dontExpand = VMFlags(rawValue: 1 << 18)
    static let lockOnFault = VMFlags(rawValue: 1 << 19)
    static let account = VMFlags(rawValue: 1 << 20)
    static let noReserve = VMFlags(rawValue: 1 << 21)
    static let hugeTLB = VMFlags(rawValue: 1 << 22)
    static let sync = VMFlags(rawValue: 1 << 23)
    static let wipeOnFork = VMFlags(rawValue: 1 << 25)
    static let dontDump = VMFlags(rawValue: 1 << 26)
    static let softDirty = VMFlags(rawValue: 1 << 27)
    static let mixedMap = VMFlags(rawValue: 1 << 28)
    static let hugePage = VMFlags(rawValue: 1 << 29)
    static let noHugePage = VMFlags(rawValue: 1 << 30)
    static let mergeable = VMFlags(rawValue: 1 << 31)
    /// `VM_PKEY_BIT0` to `VM_PKEY_BIT3`: the protection key.
    static let protectionKeyMask = VMFlags(rawValue: 15 << 32)
    static let droppable = VMFlags(rawValue: 1 << 40)
    /// `VM_UFFD_MINOR`: a userfaultfd serves faults on pages that are in the file's memory, but not mapped.
    static let userfaultMinor = VMFlags(rawValue: 1 << 41)
    static let sealed = VMFlags(rawValue: 1 << 42)

    /// `VM_ACCESS_FLAGS`.
    static let access: VMFlags = [.read, .write, .exec]
    /// `__VM_UFFD_FLAGS`: the modes in which a userfaultfd serves the memory.
    static let userfault: VMFlags = [.userfaultMissing, .userfaultWP, .userfaultMinor]
    /// `VM_SPECIAL`: VMAs that are never merged.
    static let special: VMFlags = [.io, .dontExpand, .pfnMap, .mixedMap]
    /// `VM_LOCKED_MASK`.
    static let lockedMask: VMFlags = [.locked, .lockOnFault]
    /// `VM_IGNORE_MERGE`, which are the sticky flags: a merge does not compare them and keeps them if either side has them.
    static let sticky: VMFlags = [.softDirty, .maybeGuard]
    /// `VM_COPY_ON_FORK`: flags that make fork copy page tables even without an anon_vma.
    static let copyOnFork: VMFlags = [.pfnMap, .mixedMap, .userfaultWP, .maybeGuard]

    /// `vma_pkey`: 0 to 15.
    @inline(__always)
    var protectionKey: UInt64 { rawValue >> 32 & 15 }

    @inline(__always)
    func has(_ flag: VMFlags) -> Bool { rawValue & flag.rawValue != 0 }

    /// True when any bit of `flags` is set.
    @inline(__always)
    func hasAny(_ flags: VMFlags) -> Bool { rawValue & flags.rawValue != 0 }

    @inline(__always)
    func adding(_ flags: VMFlags) -> VMFlags { VMFlags(rawValue: rawValue | flags.rawValue) }

    @inline(__always)
    func removing(_ flags: VMFlags) -> VMFlags { VMFlags(rawValue: rawValue & ~flags.rawValue) }

    /// `vma_supports_mlock`, as far as the flags decide it: memory that may be dropped is never locked.
    @inline(__always)
    var isLockable: Bool { !hasAny(.special) && !has(.droppable) }

    /// Whether pages are locked as they are mapped, and unlocked as their entries go (`mlock_vma_folio`, `munlock_vma_folio`).
    @inline(__always)
    var locksPages: Bool { has(.locked) && !hasAny(.special) }

    /// `vma_ksm_compatible`: private memory of the ordinary kind.
    @inline(__always)
    var isCompatibleWithKSM: Bool {
        let excluded: VMFlags = [.shared, .mayShare, .hugeTLB, .droppable]
        return !hasAny(excluded) && !hasAny(.special)
    }
}
