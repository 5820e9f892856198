import Faultline
import FaultlineInspect
import Glibc

/// Reads the memory of a running process out of /proc: smaps, pagemap and, as root, kpagecount and kpageflags. The process
/// is not stopped; one that goes on while it is read may be described as it never was at any one time.
public struct ProcessCapture {
    /// The name of its program (`/proc/PID/comm`).
    public let command: String
    /// `VmPTE`, in KiB.
    public let pageTablesKiB: Int
    /// Whether it has CAP_SYS_ADMIN, for which memory is set aside under `vm.overcommit_memory=2`.
    public let isAdministrator: Bool
    /// Its VMAs, with the pages that are there.
    public let description: ProcessDescription

    /// The most pages of a VMA that are looked at one by one: 256 GiB.
    private static let mostPages: UInt64 = 1 << 26

    /// Reads the process.
    ///
    /// - Throws: ``LiveError`` where it is not there or may not be read; `MapsError`.
    public init(process: Int32) throws {
        let root = "/proc/\(process)"
        command = String(decoding: try HostFile("\(root)/comm").contents().dropLast(), as: UTF8.self)
        var description = try ProcessDescription(try HostFile("\(root)/smaps").contents())
        if description.areas.isEmpty { throw LiveError.unsupported("process \(process) has no memory of its own") }
        let status = try HostFile("\(root)/status").contents()
        pageTablesKiB = Int(clamping: Self.value("VmPTE:", in: status, radix: 10) ?? 0)
        isAdministrator = (Self.value("CapEff:", in: status, radix: 16) ?? 0) >> 21 & 1 != 0
        let pagemap = try HostFile("\(root)/pagemap")
        let frames = HostKernel.pageAccess == nil ? try FrameFacts() : nil
        if frames == nil {
            description.notes.append(
                "without root the frames of pages are hidden: the zero page is taken for a page that is shared, and pages "
                    + "that other processes share are known only as far as pagemap says so")
        }
        for index in description.areas.indices {
            let area = description.areas[index]
            let isEmpty = area.kib("Rss") == 0 && area.kib("Swap") == 0
            let count = (area.region.end - area.region.start) >> 12
            if count > Self.mostPages {
                // A reservation without pages of its own has none to be looked at, but for zero pages and guards.
                if isEmpty { description.areas[index].pages = [] }
                description.notes.append(
                    "the VMA at 0x\(area.region.start.hexadecimal) is larger than 256 GiB: its pages are not looked at one by one"
                )
                continue
            }
            description.areas[index].pages = try Self.pages(area.region.start..<area.region.end, pagemap, frames)
        }
        self.description = description
    }

    private static func pages(
        _ range: Range<UInt64>, _ pagemap: HostFile, _ frames: FrameFacts?
    ) throws(LiveError) -> [ObservedPage] {
        var pages: [ObservedPage] = []
        var address = range.lowerBound
        while address < range.upperBound {
            let words = try pagemap.words(
                at: address >> 12, count: Int(min((range.upperBound - address) >> 12, 1 << 16)))
            // Where the process went away, or the place is not one of user space, nothing more can be read.
            if words.isEmpty { break }
            for word in words {
                if let page = ObservedPage(pagemapEntry: word, at: address) { pages.append(page) }
                address += 4096
            }
        }
        if let frames { try frames.complete(&pages) }
        return pages
    }

    private static func value(_ key: String, in text: [UInt8], radix: UInt64) -> UInt64? {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: key.utf8) {
            let words = line.dropFirst(key.utf8.count).split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            return words.first.flatMap { UInt64(ascii: $0, radix: radix) }
        }
        return nil
    }
}

extension ObservedPage {
    /// What a word of pagemap says (`Documentation/admin-guide/mm/pagemap.rst`); nil for an empty entry.
    init?(pagemapEntry word: UInt64, at address: UInt64) {
        if word >> 63 & 1 != 0 {
            self.init(address: address, kind: word >> 61 & 1 != 0 ? .file : .anonymous)
            frame = word & ((1 << 55) - 1)
            isExclusive = word >> 56 & 1 != 0
        } else if word >> 58 & 1 != 0 {
            self.init(address: address, kind: .guardMarker)
        } else if word >> 62 & 1 != 0 {
            self.init(address: address, kind: .swapped)
        } else {
            return nil
        }
    }
}

/// What the kernel says of frames: /proc/kpagecount and /proc/kpageflags, a word each.
private struct FrameFacts {
    private let counts: HostFile
    private let flags: HostFile

    init() throws(LiveError) {
        counts = try HostFile("/proc/kpagecount")
        flags = try HostFile("/proc/kpageflags")
    }

    /// Fills in what depends on the frame; neighbours in memory are read at once.
    func complete(_ pages: inout [ObservedPage]) throws(LiveError) {
        var index = 0
        while index < pages.count {
            let first = pages[index].frame
            var end = index + 1
            if first == 0 {
                index = end
                continue
            }
            while end < pages.count, end - index < 4096, pages[end].frame == first + UInt64(end - index) { end += 1 }
            let counts = try counts.words(at: first, count: end - index)
            let flags = try flags.words(at: first, count: end - index)
            for (offset, (count, flags)) in zip(counts, flags).enumerated() {
                pages[index + offset].apply(count: count, flags: flags)
            }
            index = end
        }
    }
}

extension ObservedPage {
    /// Takes over the bits of `include/uapi/linux/kernel-page-flags.h`.
    fileprivate mutating func apply(count: UInt64, flags: UInt64) {
        mapCount = Int(clamping: count)
        isHuge = flags >> 22 & 1 != 0
        isMergedByKSM = flags >> 21 & 1 != 0
        if flags >> 24 & 1 != 0 { kind = .zero }
        // KPF_ANON_EXCLUSIVE; the bit is PG_mappedtodisk's, and says something else of other pages.
        if kind == .anonymous { isExclusive = flags >> 34 & 1 != 0 && mapCount <= 1 }
    }
}
