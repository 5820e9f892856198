extension Machine {
    /// MS_* of msync(2).
    private enum SyncFlag {
        static var async: Int32 { 1 }
        static var invalidate: Int32 { 2 }
        static var sync: Int32 { 4 }
    }

    /// msync(2) (`mm/msync.c`).
    ///
    /// - Throws: EINVAL, ENOMEM for a range with holes (what lies behind them is still synchronised), EBUSY for
    ///   MS_INVALIDATE of locked memory, EIO.
    package func msync(_ process: Int, _ address: UInt64, _ length: UInt64, flags: Int32) throws(Errno) {
        let task = try caller(process)
        if flags & ~(SyncFlag.async | SyncFlag.invalidate | SyncFlag.sync) != 0 {
            throw refuse(.EINVAL, .unknownBits("flags", UInt64(UInt32(bitPattern: flags)), known: 7))
        }
        if !address.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", address)) }
        if flags & (SyncFlag.async | SyncFlag.sync) == SyncFlag.async | SyncFlag.sync {
            throw refuse(.EINVAL, .combination("MS_ASYNC and MS_SYNC exclude each other"))
        }
        let end = address &+ length.pageAlignedUp
        if end < address { throw refuse(.ENOMEM, .rangeWraps(address, length)) }
        var start = address
        var hole: VirtualAddress?
        while start < end {
            guard let vma = findVMA(task.mm, start) else { throw refuse(.ENOMEM, .hole(at: start, in: address, end)) }
            if start < vma.pointee.start {
                if flags == SyncFlag.async || vma.pointee.start >= end {
                    throw refuse(.ENOMEM, .hole(at: hole ?? start, in: address, end))
                }
                hole = hole ?? start
                start = vma.pointee.start
            }
            if flags & SyncFlag.invalidate != 0, vma.pointee.flags.has(.locked) {
                throw refuse(.EBUSY, .flagsForbid(vma.pointee.range, .locked, "MS_INVALIDATE"))
            }
            let from = start
            start = vma.pointee.end
            if flags & SyncFlag.sync != 0, vma.pointee.isShared, let file = vma.pointee.file {
                let last = min(end, vma.pointee.end) - 1
                try syncFile(file, from: vma.pointee.pageIndex(from), through: vma.pointee.pageIndex(last))
            }
        }
        if let hole { throw refuse(.ENOMEM, .hole(at: hole, in: address, end)) }
    }

    /// fsync(2). - Throws: EBADF, EIO.
    package func fsync(_ process: Int, _ fd: Int32) throws(Errno) {
        let file = try openFile(try caller(process), fd)
        try checkOrdinary(file, .EINVAL, "fsync")
        try syncFile(file, from: 0, through: .max)
    }

    /// remap_file_pages(2): maps another part of the file over a part of a shared mapping, as mmap would.
    ///
    /// - Throws: EINVAL where the range is not one shared mapping of one file, and what mmap(2) throws.
    package func remapFilePages(
        _ process: Int, _ address: UInt64, _ length: UInt64, prot: UInt64, pgoff: UInt64, flags: UInt64
    ) throws(Errno) {
        let task = try caller(process)
        let start = address.pageAlignedDown
        let size = length.pageAlignedDown
        let end = start &+ size
        if prot != 0 { throw refuse(.EINVAL, .argument("prot", .bits(prot), "must be 0")) }
        if end == start { throw refuse(.EINVAL, .zeroLength("size, in whole pages,")) }
        if end < start { throw refuse(.EINVAL, .rangeWraps(start, size)) }
        if pgoff &+ (size >> 12) < pgoff { throw refuse(.EINVAL, .offsetWraps(pgoff, size)) }
        guard let vma = lookupVMA(task.mm, start), vma.pointee.isShared, let file = vma.pointee.file,
            isOneMapping(vma, until: end)
        else { throw refuse(.EINVAL, remapRule(task, start, end)) }
        var mapFlags = MapFlags(rawValue: flags).intersection(.nonBlock).union([.shared, .fixed, .populate])
        if vma.pointee.flags.has(.locked) { mapFlags.formUnion(.locked) }
        let request = MmapRequest(
            address: start, length: size, prot: vma.pointee.flags.rawValue & 7, flags: mapFlags, pgoff: pgoff,
            file: file, kind: vma.pointee.kind)
        // The VMA that holds the file may go in between.
        getFile(file)
        defer { putFile(file) }
        _ = try mmap(task, request)
    }

    /// The VMAs up to `end` follow each other without a hole and are alike.
    private func isOneMapping(_ first: Handle<VMArea>, until end: VirtualAddress) -> Bool {
        var vma = first
        while vma.pointee.end < end {
            guard let next = nextVMA(vma), next.pointee.start == vma.pointee.end,
                next.pointee.file == first.pointee.file, next.pointee.flags == first.pointee.flags
            else { return false }
            vma = next
        }
        return true
    }
}
