import Faultline

/// The VMAs that the first process started with, as far as it takes to see whether the program touched one.
struct StartingVMAs {
    private struct Area {
        var end: UInt64
        var permissions: String
        var offset: UInt64
        var name: String
        var flags: String
        var use: Use
        var digest: UInt64
    }

    /// The figures that change only where someone uses the memory; Pss and the like change with other processes.
    private struct Use: Equatable {
        var rss: Int, anonymous: Int, referenced: Int, dirty: Int, lazyFree: Int

        init(_ figures: SmapsFigures) {
            (rss, anonymous, referenced) = (figures[.rss], figures[.anonymous], figures[.referenced])
            (dirty, lazyFree) = (figures[.sharedDirty] + figures[.privateDirty], figures[.lazyFree])
        }
    }

    private var areas: [UInt64: Area] = [:]

    /// Notes the VMAs of a process before its first statement, with their pages.
    init(_ snapshot: ProcessView) {
        for vma in snapshot.vmas {
            areas[vma.start] = Area(
                end: vma.end, permissions: vma.permissions, offset: vma.offset, name: vma.name, flags: vma.flags,
                use: Use(vma.figures), digest: Self.digest(vma.pages))
        }
    }

    /// True for a VMA that is as it was: bounds, flags, pages and their use. In another process it may be without its lock, and
    /// without the pages of a file, which fork leaves to be found again.
    func isUntouched(_ vma: VMAView, isFirst: Bool) -> Bool {
        guard let area = areas[vma.start], area.end == vma.end, area.permissions == vma.permissions,
            area.offset == vma.offset, area.name == vma.name
        else { return false }
        let digest = Self.digest(vma.pages)
        if isFirst { return area.flags == vma.flags && area.use == Use(vma.figures) && area.digest == digest }
        guard Self.withoutLock(area.flags) == Self.withoutLock(vma.flags) else { return false }
        return area.digest == digest || (vma.pages.isEmpty && vma.figures[.rss] == 0 && area.use.anonymous == 0)
    }

    private static func withoutLock(_ flags: String) -> [Substring] {
        flags.split(separator: " ").filter { $0 != "lo" && $0 != "lf" }
    }

    /// A hash (FNV-1a by words) of where which frames are; 0 for none.
    private static func digest(_ pages: [PageView]) -> UInt64 {
        var value: UInt64 = 0
        for page in pages {
            let content: UInt64
            switch page.content {
            case .zeroPage: content = .max
            case .guardMarker, .userfaultMarker, .poisonMarker: content = .max - 1
            case .swapped(let slot): content = .max - 2 - (slot.map { $0 + 1 } ?? 0)
            case .frame(let pfn): content = pfn
            }
            for word in [page.address, content] { value = (value ^ word) &* 0x100_0000_01b3 &+ 1 }
        }
        return value
    }
}

/// How many VMAs of a process a state leaves out.
public struct LeftOutVMAs: Encodable, Sendable, Equatable {
    /// The program's name for it.
    public let process: String
    /// How many.
    public let count: Int
    /// How many the first process started with.
    public let initialCount: Int

    /// A line for the user.
    public var text: String {
        "left out of \(process): \(count) of the \(initialCount) VMAs of the start (--show initial lists them)"
    }
}
