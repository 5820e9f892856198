/// Reads what each page of a process is: /proc/PID/pagemap, /proc/kpagecount and /proc/kpageflags
/// (Documentation/admin-guide/mm/pagemap.rst). Frames are numbered in the order in which an observation meets them.
final class PageReader {
    private let counts: HostFile
    private let flags: HostFile
    private var numbers: [UInt64: Int] = [:]

    /// VMAs of more pages than this have no page lines.
    static let mostPages: UInt64 = 1 << 18

    init() throws(LiveError) {
        counts = try HostFile("/proc/kpagecount")
        flags = try HostFile("/proc/kpageflags")
    }

    /// Begins a new observation: frames are numbered from 0 again.
    func begin() { numbers.removeAll(keepingCapacity: true) }

    /// The runs of pages in `range`, which is page-aligned.
    func runs(in range: Range<UInt64>, of pagemap: HostFile) throws(LiveError) -> [PageRun] {
        let pages = UInt64(range.count) >> 12
        guard pages <= Self.mostPages else { return [] }
        let entries = try pagemap.words(at: range.lowerBound >> 12, count: Int(pages))
        var runs: [PageRun] = []
        for (index, entry) in entries.enumerated() {
            guard let frame = try frame(of: entry) else { continue }
            PageRun.append(frame, at: range.lowerBound + UInt64(index) << 12, to: &runs)
        }
        return runs
    }

    private func frame(of entry: UInt64) throws(LiveError) -> PageRun.Frame? {
        if entry & PagemapBit.present != 0 { return try presentFrame(entry) }
        if entry & PagemapBit.swap != 0 { return .swap }
        return entry & PagemapBit.guardRegion != 0 ? .guardRegion : nil
    }

    private func presentFrame(_ entry: UInt64) throws(LiveError) -> PageRun.Frame {
        let pfn = entry & PagemapBit.pfnMask
        let flags = try flags.words(at: pfn, count: 1).first ?? 0
        if flags & (1 << 24) != 0 { return .zero }
        let count = try counts.words(at: pfn, count: 1).first ?? 0
        let number = numbers[pfn] ?? numbers.count
        numbers[pfn] = number
        return .frame(
            number: number, file: entry & PagemapBit.file != 0, exclusive: entry & PagemapBit.exclusive != 0,
            mapCount: count, flags: Self.flagNames(flags))
    }

    /// The flags of kpageflags that do not depend on per-CPU batches (include/uapi/linux/kernel-page-flags.h).
    private static func flagNames(_ flags: UInt64) -> String {
        let shown: [(bit: UInt64, name: String)] = [
            (4, " dirty"), (12, " anon"), (13, " swapcache"), (14, " swapbacked"), (21, " ksm"), (22, " thp"),
        ]
        return shown.reduce(into: "") { text, flag in if flags >> flag.bit & 1 != 0 { text += flag.name } }
    }
}

/// Bits of a /proc/PID/pagemap entry.
enum PagemapBit {
    static let present: UInt64 = 1 << 63
    static let swap: UInt64 = 1 << 62
    static let file: UInt64 = 1 << 61
    static let guardRegion: UInt64 = 1 << 58
    static let exclusive: UInt64 = 1 << 56
    static let pfnMask: UInt64 = (1 << 55) - 1
}
