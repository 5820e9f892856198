import Faultline

/// Files of 64 bits a page.
extension ProcFiles {
    /// Bits of /proc/PID/pagemap (`fs/proc/task_mmu.c`).
    private enum Pagemap {
        static let present: UInt64 = 1 << 63
        static let swap: UInt64 = 1 << 62
        static let file: UInt64 = 1 << 61
        static let guardRegion: UInt64 = 1 << 58
        static let writeProtected: UInt64 = 1 << 57
        static let exclusive: UInt64 = 1 << 56
        static let frameMask: UInt64 = (1 << 55) - 1
        static let named: [(UInt64, String)] = [
            (present, "present"), (swap, "swap"), (file, "file"), (guardRegion, "guard"),
            (writeProtected, "uffd-wp"), (exclusive, "exclusive"),
        ]
    }

    /// `/proc/PID/pagemap` (`pagemap_read`): a word for each page below the end of user space.
    func pagemap(_ process: ProcessID) throws(Errno) -> Words {
        _ = try machine.addressSpace(process)
        return Words(
            count: AddressSpaceLimit.taskSize >> 12,
            word: { index in
                guard let walk = try? machine.walk(process, at: index << 12), let last = walk.entries.last else {
                    return 0
                }
                // Of a huge page the part that stands there.
                let entry = walk.physicalAddress.map { $0 | last.rawValue & ~0x000f_ffff_ffff_f000 } ?? last.rawValue
                return pagemapWord(entry)
            }, text: { pagemapText(process) })
    }

    /// `pagemap_pmd_range` of one entry.
    private func pagemapWord(_ entry: UInt64) -> UInt64 {
        if entry == 0 { return 0 }
        guard EntryFlags.isPresent(entry) else {
            let (type, offset) = EntryFlags.swap(entry)
            let isGuard = type == EntryFlags.markerType && offset == EntryFlags.guardMarker
            let isProtected =
                type == EntryFlags.markerType
                ? offset == EntryFlags.userfaultMarker : entry & EntryFlags.userfaultInSwap != 0
            return Pagemap.swap | (isGuard ? Pagemap.guardRegion : 0) | (isProtected ? Pagemap.writeProtected : 0)
                | (type | offset << 5) & Pagemap.frameMask
        }
        var word = Pagemap.present | EntryFlags.frame(entry)
        if entry & EntryFlags.userfault != 0 { word |= Pagemap.writeProtected }
        if EntryFlags.mapsPage(entry), let frame = machine.frame(EntryFlags.frame(entry)) {
            if !frame.flags.contains(.anon) { word |= Pagemap.file }
            if frame.mapCount == 1 { word |= Pagemap.exclusive }
        }
        return word
    }

    /// Runs of pages that are alike, with consecutive frames.
    private func pagemapText(_ process: ProcessID) -> String {
        var lines: [String] = []
        var run: (start: UInt64, end: UInt64, word: UInt64)?
        func close() {
            guard let run else { return }
            let names = Pagemap.named.filter { run.word & $0.0 != 0 }.map(\.1).joined(separator: ",")
            let first = run.word & Pagemap.frameMask
            let place =
                run.word & Pagemap.present == 0
                ? "entry 0x\(first.hex())" : "pfn 0x\(first.hex())-0x\((first + (run.end - run.start) >> 12 - 1).hex())"
            lines.append("\(run.start.hex(12))-\(run.end.hex(12)) \(place) \(names)\n")
        }
        try? machine.forEachEntry(process, in: 0..<AddressSpaceLimit.taskSize) { address, entry in
            let word = pagemapWord(entry)
            if let current = run, current.end == address {
                let step = word & Pagemap.present == 0 ? 0 : (current.end - current.start) >> 12
                if word == current.word + step {
                    run = (current.start, address + 4096, current.word)
                    return
                }
            }
            close()
            run = (address, address + 4096, word)
        }
        close()
        return lines.joined()
    }

    /// `/proc/kpagecount`, `/proc/kpageflags`: a word for each frame.
    func pageWords(_ name: String, _ value: @escaping (FrameView) -> UInt64) -> Words {
        Words(
            count: machine.frameCount, word: { machine.frame($0).map(value) ?? 0 },
            text: {
                machine.usedFrames.compactMap { machine.frame($0) }.map { frame in
                    "pfn 0x\(frame.frame.hex()) \(name) 0x\(value(frame).hex()) \(frame.flags.names)\n"
                }.joined()
            })
    }
}
