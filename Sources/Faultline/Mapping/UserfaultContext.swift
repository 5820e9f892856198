/// A userfaultfd: `struct userfaultfd_ctx` (`fs/userfaultfd.c`).
struct UserfaultContext {
    /// The address space that it serves: its maker's, or that of a child whose fork was read as an event. Nil once that is gone
    /// (`mmget_not_zero` fails).
    var mm: Handle<MMStruct>?
    /// O_NONBLOCK: it can be read from.
    let isNonBlocking: Bool
    /// UFFD_USER_MODE_ONLY: faults of the kernel itself are not served.
    let isUserModeOnly: Bool
    /// What UFFDIO_API asked for.
    var features: UserfaultFeatures = []
    /// UFFDIO_API was made (`UFFD_FEATURE_INITIALIZED`).
    var isInitialized = false
    /// `mmap_changing`: events of it that nobody has read yet. Each of them holds it.
    var changing: Int32 = 0
    /// `released`: its last descriptor is closed.
    var isReleased = false
}

/// `UFFD_FEATURE_` (`uapi/linux/userfaultfd.h`).
public struct UserfaultFeatures: OptionSet, Hashable, Sendable {
    /// The bits as the call takes them.
    public let rawValue: UInt64

    /// The features with these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    static let eventFork = UserfaultFeatures(rawValue: 1 << 1)
    static let eventRemap = UserfaultFeatures(rawValue: 1 << 2)
    static let eventRemove = UserfaultFeatures(rawValue: 1 << 3)
    static let eventUnmap = UserfaultFeatures(rawValue: 1 << 6)
    static let sigbus = UserfaultFeatures(rawValue: 1 << 7)
    static let exactAddress = UserfaultFeatures(rawValue: 1 << 11)
    static let unpopulated = UserfaultFeatures(rawValue: 1 << 13)
    static let asynchronous = UserfaultFeatures(rawValue: 1 << 15)

    /// `UFFD_API_FEATURES`: what this kernel has.
    public static let all = UserfaultFeatures(rawValue: 0x1ffff)
}
