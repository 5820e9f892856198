import Faultline

/// Reads what each page of a process is: /proc/PID/pagemap, /proc/kpagecount and /proc/kpageflags
/// (Documentation/admin-guide/mm/pagemap.rst).
final class PageReader {
    private let counts: HostFile
    private let flags: HostFile
    /// A page carried the idle mark: someone who watches memory (DAMON) has taken its accessed bit.
    private(set) var metIdlePage = false

    /// Opens the machine's page files, which takes root.
    init() throws(LiveError) {
        counts = try HostFile("/proc/kpagecount")
        flags = try HostFile("/proc/kpageflags")
    }

    /// The pages that are there in `range`, which is page-aligned; a frame is known by its PFN.
    func pages(in range: Range<UInt64>, of pagemap: HostFile) throws(LiveError) -> [PageView] {
        let entries = try pagemap.words(at: range.lowerBound >> 12, count: range.count >> 12)
        var pages: [PageView] = []
        var address = range.lowerBound
        for entry in entries {
            if entry & PagemapBit.present != 0 {
                pages.append(try present(entry, at: address))
            } else if entry & PagemapBit.guardRegion != 0 {
                pages.append(PageView(address: address, content: .guardMarker))
            } else if entry & PagemapBit.markMask == PagemapBit.userfaultMark {
                pages.append(PageView(address: address, content: .userfaultMarker, isWriteProtected: true))
            } else if entry & PagemapBit.markMask == PagemapBit.poisonMark {
                pages.append(PageView(address: address, content: .poisonMarker))
            } else if entry & PagemapBit.swap != 0 {
                pages.append(
                    PageView(
                        address: address, content: .swapped(slot: PagemapBit.slot(entry)),
                        isWriteProtected: entry & PagemapBit.writeProtected != 0))
            }
            address += 4096
        }
        return pages
    }

    private func present(_ entry: UInt64, at address: UInt64) throws(LiveError) -> PageView {
        let pfn = entry & PagemapBit.pfnMask
        let flags = try flags.words(at: pfn, count: 1).first ?? 0
        let isProtected = entry & PagemapBit.writeProtected != 0
        if flags & KPageFlag.zeroPage != 0 {
            return PageView(address: address, content: .zeroPage, isWriteProtected: isProtected)
        }
        // Of a page of the pool nobody shows whether it was used.
        if flags & KPageFlag.idle != 0, flags & KPageFlag.huge == 0 { metIdlePage = true }
        let count = try counts.words(at: pfn, count: 1).first ?? 0
        return PageView(
            address: address, content: .frame(pfn), isFile: entry & PagemapBit.file != 0,
            isExclusive: entry & PagemapBit.exclusive != 0,
            isWriteProtected: isProtected, mapCount: Int(truncatingIfNeeded: count),
            flags: KPageFlag.shown(flags))
    }
}

/// Bits of a /proc/PID/pagemap entry.
private enum PagemapBit {
    static let present: UInt64 = 1 << 63
    static let swap: UInt64 = 1 << 62
    static let file: UInt64 = 1 << 61
    static let guardRegion: UInt64 = 1 << 58
    static let writeProtected: UInt64 = 1 << 57
    static let exclusive: UInt64 = 1 << 56
    static let pfnMask: UInt64 = (1 << 55) - 1

    /// Markers: ``swap``, and type 31 with the kind of the marker in place of a slot.
    static let markMask: UInt64 = swap | pfnMask
    static let userfaultMark: UInt64 = swap | 31 | 1 << 5
    static let poisonMark: UInt64 = swap | 31 | 2 << 5

    /// The slot of an entry with ``swap``: the type in bits 0 to 4, the offset in bits 5 to 54. Types beyond the areas are no slots.
    static func slot(_ entry: UInt64) -> UInt64? { entry & 31 < 28 ? entry >> 5 & (1 << 50 - 1) : nil }
}

/// Bits of a /proc/kpageflags entry (include/uapi/linux/kernel-page-flags.h).
private enum KPageFlag {
    static let huge: UInt64 = 1 << 17
    static let zeroPage: UInt64 = 1 << 24
    static let idle: UInt64 = 1 << 25

    /// The flags that a recording shows: those that no per-CPU batch delays.
    static func shown(_ flags: UInt64) -> PageFlags {
        let table: [(bit: UInt64, flag: PageFlags)] = [
            (2, .referenced), (4, .dirty), (6, .active), (12, .anon), (13, .swapCache), (14, .swapBacked), (15, .head),
            (18, .unevictable), (21, .ksm), (22, .thp), (17, .huge),
            (34, .anonExclusive),
        ]
        var shown: PageFlags = table.reduce(into: []) { set, entry in
            if flags >> entry.bit & 1 != 0 { set.insert(entry.flag) }
        }
        // A page of the pool keeps that from its last use.
        if shown.contains(.huge) { shown.remove(.dirty) }
        // The bit means something else for a page of a file (`PG_mappedtodisk`).
        if !shown.contains(.anon) { shown.remove(.anonExclusive) }
        return shown
    }
}
