import Faultline

/// Sums over the pages of a process or of one of its VMAs, before any rounding: what `smaps_rollup` and `numa_maps` need.
struct PageTally {
    /// Pages, and those among them that are anonymous, dirty, active or under write-back.
    var pages = 0, anonymous = 0, dirty = 0, active = 0, writeback = 0
    /// Pages that have a slot of the swap area besides.
    var swapCached = 0
    /// Pages on each node that has one.
    var onNode: [Int: Int] = [:]
    /// The most entries that map one of them.
    var mostMapped = 0
    /// Proportional shares in bytes, with 12 fractional bits.
    var pss: UInt64 = 0, pssDirty: UInt64 = 0, pssAnon: UInt64 = 0, pssFile: UInt64 = 0, pssShmem: UInt64 = 0

    /// Counts an entry that maps a frame.
    mutating func add(_ frame: FrameView, _ entry: UInt64, node: Int) {
        let isDirty = entry & EntryFlags.dirty != 0 || frame.flags.contains(.dirty)
        let isAnonymous = frame.flags.contains(.anon)
        pages += 1
        onNode[node, default: 0] += 1
        if frame.flags.contains(.swapCache) { swapCached += 1 }
        if isDirty { dirty += 1 }
        if isAnonymous { anonymous += 1 }
        if !frame.flags.isDisjoint(with: [.active, .unevictable]) { active += 1 }
        if frame.flags.contains(.writeback) { writeback += 1 }
        mostMapped = max(mostMapped, frame.mapCount)
        let share = (PageSize.base << 12) / UInt64(max(frame.mapCount, 1))
        pss += share
        if isDirty { pssDirty += share }
        if isAnonymous {
            pssAnon += share
        } else if frame.flags.contains(.swapBacked) {
            pssShmem += share
        } else {
            pssFile += share
        }
    }

    /// A share in KiB, rounded down as the kernel does.
    static func kib(_ share: UInt64) -> Int { Int(share >> 22) }
}

extension ProcFiles {
    /// The sums over a range of a process's memory, page by page; huge pages of the pool count whole, by their first.
    func tally(ofPool process: ProcessID, in range: Range<VirtualAddress>) throws(Errno) -> PageTally {
        var tally = PageTally()
        try machine.forEachEntry(process, in: range) { address, entry in
            guard address & (PageSize.large - 1) == 0, EntryFlags.mapsPage(entry),
                let frame = machine.frame(EntryFlags.frame(entry))
            else { return }
            tally.add(frame, entry, node: machine.node(of: EntryFlags.frame(entry)))
        }
        return tally
    }

    /// The sums over a range of a process's memory.
    func tally(_ process: ProcessID, in range: Range<VirtualAddress>) throws(Errno) -> PageTally {
        var tally = PageTally()
        try machine.forEachEntry(process, in: range) { _, entry in
            guard EntryFlags.mapsPage(entry), let frame = machine.frame(EntryFlags.frame(entry)) else { return }
            tally.add(frame, entry, node: machine.node(of: EntryFlags.frame(entry)))
        }
        return tally
    }
}
