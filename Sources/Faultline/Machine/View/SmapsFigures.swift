/// A figure of `/proc/PID/smaps`, in the file's order (`fs/proc/task_mmu.c`, `__show_smap`).
///
/// A new one is a line here and one where the simulated machine counts (``Machine/snapshot(_:listsPages:)``); all readers, the
/// live kernel's too, know a figure by its name in smaps.
public enum SmapsFigure: String, Sendable, CaseIterable, Hashable, Codable {
    case rss = "Rss"
    case pss = "Pss"
    case pssDirty = "Pss_Dirty"
    case sharedClean = "Shared_Clean"
    case sharedDirty = "Shared_Dirty"
    case privateClean = "Private_Clean"
    case privateDirty = "Private_Dirty"
    case referenced = "Referenced"
    case anonymous = "Anonymous"
    case ksm = "KSM"
    case lazyFree = "LazyFree"
    case anonHugePages = "AnonHugePages"
    case shmemPmdMapped = "ShmemPmdMapped"
    case filePmdMapped = "FilePmdMapped"
    case swap = "Swap"
    case swapPss = "SwapPss"
    case locked = "Locked"
    /// 1 when the VMA may have huge pages.
    case thpEligible = "THPeligible"
    /// The VMA's protection key, 0 to 15; smaps has the line only where the processor has keys.
    case protectionKey = "ProtectionKey"
}

/// The figures of one VMA: KiB, but for THPeligible and ProtectionKey.
public struct SmapsFigures: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Those that are not 0.
    private var values: [SmapsFigure: Int] = [:]

    /// All 0.
    public init() {}

    /// The named ones, all others 0.
    public init(dictionaryLiteral elements: (SmapsFigure, Int)...) {
        for (figure, value) in elements { self[figure] = value }
    }

    /// A figure; 0 where nobody counted it.
    public subscript(figure: SmapsFigure) -> Int {
        get { values[figure] ?? 0 }
        set { values[figure] = newValue == 0 ? nil : newValue }
    }

    /// Those that are not 0, in the order of smaps.
    public var nonzero: [(figure: SmapsFigure, value: Int)] {
        SmapsFigure.allCases.compactMap { figure in values[figure].map { (figure, $0) } }
    }
}

extension SmapsFigures: CustomStringConvertible {
    /// Those that are not 0 in the order of smaps: `rss=8 pss=4`.
    public var description: String { nonzero.map { "\($0.figure)=\($0.value)" }.joined(separator: " ") }
}
