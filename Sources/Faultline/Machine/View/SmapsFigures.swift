/// A figure of `/proc/PID/smaps`, in the file's order (`fs/proc/task_mmu.c`, `__show_smap`).
///
/// A new one is a line here and one where the simulated machine counts (``Machine/snapshot(_:listsPages:)``); all readers, the
/// live kernel's too, know a figure by its name in smaps.
public enum SmapsFigure: Int, Sendable, CaseIterable, Hashable {
    case rss, pss, pssDirty, sharedClean, sharedDirty, privateClean, privateDirty, referenced, anonymous, ksm, lazyFree
    case anonHugePages, shmemPmdMapped, filePmdMapped, sharedHugetlb, privateHugetlb, swap, swapPss, locked
    /// 1 when the VMA may have huge pages.
    case thpEligible
    /// The VMA's protection key, 0 to 15; smaps has the line only where the processor has keys.
    case protectionKey

    private static let names = [
        "Rss", "Pss", "Pss_Dirty", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty", "Referenced",
        "Anonymous", "KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb",
        "Private_Hugetlb", "Swap", "SwapPss", "Locked",
        "THPeligible", "ProtectionKey",
    ]

    /// The name in smaps.
    public var name: String { Self.names[rawValue] }

    /// The figure of a name in smaps; nil where there is none.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: index)
    }
}

/// The figures of one VMA: KiB, but for THPeligible and ProtectionKey.
public struct SmapsFigures: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// By the figure's place in smaps.
    private var values = Array(repeating: 0, count: SmapsFigure.allCases.count)

    /// All 0.
    public init() {}

    /// The named ones, all others 0.
    public init(dictionaryLiteral elements: (SmapsFigure, Int)...) {
        for (figure, value) in elements { self[figure] = value }
    }

    /// A figure; 0 where nobody counted it.
    public subscript(figure: SmapsFigure) -> Int {
        get { values[figure.rawValue] }
        set { values[figure.rawValue] = newValue }
    }

    /// Those that are not 0, in the order of smaps.
    public var nonzero: [(figure: SmapsFigure, value: Int)] {
        SmapsFigure.allCases.compactMap { figure in self[figure] == 0 ? nil : (figure, self[figure]) }
    }
}

extension SmapsFigures: CustomStringConvertible {
    /// Those that are not 0 in the order of smaps: `rss=8 pss=4`.
    public var description: String { nonzero.map { "\($0.figure)=\($0.value)" }.joined(separator: " ") }
}
