/// The mode of fallocate(2): `FALLOC_FL_` (`uapi/linux/falloc.h`).
public struct AllocationMode: OptionSet, Hashable, Sendable {
    /// The bits as the system call takes them.
    public let rawValue: UInt32

    /// The mode with these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `FALLOC_FL_KEEP_SIZE`: the file does not grow.
    public static let keepSize = AllocationMode(rawValue: 0x01)
    /// `FALLOC_FL_PUNCH_HOLE`; needs ``keepSize``.
    public static let punchHole = AllocationMode(rawValue: 0x02)
    /// `FALLOC_FL_COLLAPSE_RANGE`: what lies behind moves down.
    public static let collapse = AllocationMode(rawValue: 0x08)
    /// `FALLOC_FL_ZERO_RANGE`.
    public static let zero = AllocationMode(rawValue: 0x10)
    /// `FALLOC_FL_INSERT_RANGE`: what lies behind moves up.
    public static let insert = AllocationMode(rawValue: 0x20)
    /// `FALLOC_FL_UNSHARE_RANGE`.
    public static let unshare = AllocationMode(rawValue: 0x40)
    /// `FALLOC_FL_WRITE_ZEROES`.
    public static let writeZeroes = AllocationMode(rawValue: 0x80)

    static let all = AllocationMode(rawValue: 0xfb)
}

extension Machine {
    /// fallocate(2) (`vfs_fallocate`).
    ///
    /// - Throws: EBADF, EINVAL, EOPNOTSUPP for what the file system lacks, EFBIG, ENOSPC, EPERM for seals, ENOMEM, EIO.
    package func fallocate(
        _ process: Int, _ fd: Int32, mode: Int32, _ offset: UInt64, _ length: UInt64
    ) throws(Errno) {
        let task = try caller(process)
        let file = try openFile(task, fd)
        physical.isShort = false
        do { try allocate(task, file, AllocationMode(rawValue: UInt32(bitPattern: mode)), offset, length) } catch {
            throw gaveUp(error)
        }
    }

    /// `vfs_fallocate`.
    func allocate(
        _ task: Process, _ file: Handle<OpenFile>, _ mode: AllocationMode, _ offset: UInt64, _ length: UInt64
    ) throws(Errno) {
        if Int64(bitPattern: offset) < 0 || Int64(bitPattern: length) < 0 {
            throw refuse(.EINVAL, .badPosition(offset, length))
        }
        if length == 0 { throw refuse(.EINVAL, .zeroLength("len")) }
        if !Self.isKnown(mode) {
            throw refuse(
                .EOPNOTSUPP, .argument("mode", .bits(UInt64(mode.rawValue)), "no file system has this combination"))
        }
        if !file.pointee.canWrite { throw refuse(.EBADF, .notOpenFor("writing")) }
        if file.pointee.isRing { throw refuse(.ENODEV, .fileKind("a ring of io_uring", "fallocate")) }
        let mapping = file.pointee.mapping
        let end = offset &+ length
        if end > Self.maximumSize(mapping) {
            throw refuse(.EFBIG, .largestFile(end, limit: Self.maximumSize(mapping)))
        }
        switch mapping.pointee.kind {
        case .shmem: try allocateShmem(task, mapping, mode, offset, length)
        // blkdev_fallocate of a disk that cannot discard.
        case .disk where mapping.pointee.disk?.pointee.isDevice ?? false:
            throw refuse(.EOPNOTSUPP, .fileKind("a disk that cannot discard", "fallocate"))
        case .disk: try allocateDisk(task, mapping, mode, offset, length)
        case .hugeTLB: try allocatePoolFile(task, mapping, mode, offset, length)
        case .image: throw refuse(.EOPNOTSUPP, .fileKind("the agent's image", "fallocate"))
        }
    }

    private static func isKnown(_ mode: AllocationMode) -> Bool {
        if !mode.isSubset(of: .all) { return false }
        switch mode.subtracting(.keepSize) {
        case [], .unshare, .zero: return true
        case .punchHole: return mode.contains(.keepSize)
        case .collapse, .insert, .writeZeroes: return !mode.contains(.keepSize)
        default: return false
        }
    }

    // MARK: tmpfs

    /// What `shmem_fallocate` and `hugetlbfs_fallocate` refuse first. - Throws: EOPNOTSUPP, EPERM for seals, EFBIG.
    func checkAllocation(
        _ task: Process, _ mapping: Handle<FileMapping>, _ mode: AllocationMode, end: UInt64
    ) throws(Errno) {
        if !mode.isSubset(of: [.keepSize, .punchHole]) {
            throw refuse(
                .EOPNOTSUPP,
                .argument("mode", .bits(UInt64(mode.rawValue)), "a file in memory has FALLOC_FL_PUNCH_HOLE only"))
        }
        let seals = FileSeals(rawValue: mapping.pointee.seals)
        if mode.contains(.punchHole) {
            if seals.isDisjoint(with: [.write, .futureWrite]) { return }
            throw refuse(.EPERM, .fileSeal(seals.writeName, "a hole"))
        }
        try checkNewSize(task, mapping, end)
        if seals.contains(.grow), end > mapping.pointee.size {
            throw refuse(.EPERM, .fileSeal("F_SEAL_GROW", "growth"))
        }
    }

    /// `shmem_fallocate`.
    private func allocateShmem(
        _ task: Process, _ mapping: Handle<FileMapping>, _ mode: AllocationMode, _ offset: UInt64,
        _ length: UInt64
    ) throws(Errno) {
        let end = offset + length
        try checkAllocation(task, mapping, mode, end: end)
        if mode.contains(.punchHole) { return try punchHole(mapping, offset, length) }
        let first = offset >> 12
        let limit = end.pageCountUp
        if let mount = tmpfs(of: mapping), mount.blockLimit != 0, limit - first > mount.blockLimit {
            throw refuse(.ENOSPC, .tmpfsTooSmall(asked: limit - first, blocks: mount.blockLimit))
        }
        if limit - first > physical.totalPages {
            throw refuse(.ENOSPC, .fileInMemory(pages: limit - first, memory: physical.totalPages))
        }
        let promised = mapping.pointee.allocatedEnd
        mapping.pointee.allocatedEnd = max(promised, limit)
        var index = first
        while index < limit {
            do {
                let pfn = try shmemPage(mapping, index, .allocate, ShmemDemand(writeEnd: end))
                let folio = folio(of: pfn)
                markFilePageDirty(folio.head)
                index = folio.head.pointee.index &+ folio.pageCount
            } catch {
                mapping.pointee.allocatedEnd = promised
                undoAllocation(mapping, first, index)
                throw error
            }
        }
        if !mode.contains(.keepSize), end > mapping.pointee.size { mapping.pointee.size = end }
    }

    /// Pages that a failed call added go again; they are those without contents.
    private func undoAllocation(_ mapping: Handle<FileMapping>, _ first: UInt64, _ limit: UInt64) {
        for index in first..<limit {
            guard let pfn = cachedPage(mapping, index) else { continue }
            let folio = folio(of: pfn)
            if !folio.head.pointee.has(PageFlag.uptodate) { removeFromCache(folio.pfn) }
        }
        if first == limit { return }
        // shmem_undo_range: it met pages, so that its batch of them is released, which drains the others.
        drainBatches()
        recalculateCharges(mapping)
    }

    // MARK: ext4

    /// `ext4_fallocate`.
    private func allocateDisk(
        _ task: Process, _ mapping: Handle<FileMapping>, _ mode: AllocationMode, _ offset: UInt64,
        _ length: UInt64
    ) throws(Errno) {
        if !mode.isDisjoint(with: [.unshare, .writeZeroes]) {
            throw refuse(
                .EOPNOTSUPP,
                .argument("mode", .bits(UInt64(mode.rawValue)), "ext4 has no UNSHARE_RANGE and no WRITE_ZEROES here"))
        }
        let end = offset + length
        if mode.contains(.punchHole) { return try punchHole(mapping, offset, length) }
        if mode.contains(.collapse) { return try collapse(mapping, offset, length) }
        if mode.contains(.insert) { return try insertRange(task, mapping, offset, length) }
        if !mode.contains(.keepSize) { try checkNewSize(task, mapping, end) }
        if mode.contains(.zero) {
            removeContents(mapping, offset, end)
            try zeroPartialBlocks(mapping, offset, end)
            let first = offset.pageCountUp
            if end >> 12 > first { freeBlocks(mapping, from: first, through: (end >> 12) - 1) }
        }
        try allocateBlocks(mapping, offset >> 12..<end.pageCountUp)
        let old = mapping.pointee.size
        if !mode.contains(.keepSize), end > old {
            mapping.pointee.size = end
            try zeroPartialBlocks(mapping, old, end)
        }
    }

    /// `ext4_collapse_range`: takes whole blocks out of the middle.
    private func collapse(_ mapping: Handle<FileMapping>, _ offset: UInt64, _ length: UInt64) throws(Errno) {
        if (offset | length) & 4095 != 0 { throw refuse(.EINVAL, wholeBlocksRule(offset, length)) }
        if offset + length >= mapping.pointee.size {
            throw refuse(.EINVAL, .beyondFile(offset + length, size: mapping.pointee.size))
        }
        let first = offset >> 12
        let count = length >> 12
        dropPages(mapping, from: first)
        freeBlocks(mapping, from: first, through: first + count - 1)
        shiftBlocks(mapping, from: first + count, by: -Int64(count))
        mapping.pointee.size -= length
    }

    /// `ext4_insert_range`: a hole of whole blocks in the middle.
    private func insertRange(
        _ task: Process, _ mapping: Handle<FileMapping>, _ offset: UInt64, _ length: UInt64
    ) throws(Errno) {
        if (offset | length) & 4095 != 0 { throw refuse(.EINVAL, wholeBlocksRule(offset, length)) }
        let size = mapping.pointee.size
        if length > Self.maximumSize(mapping) - size {
            throw refuse(.EFBIG, .largestFile(size &+ length, limit: Self.maximumSize(mapping)))
        }
        if offset >= size { throw refuse(.EINVAL, .beyondFile(offset, size: size)) }
        if size + length > task.limits.fileSize {
            throw refuse(.EFBIG, .fileSizeLimit(size + length, limit: task.limits.fileSize))
        }
        dropPages(mapping, from: offset >> 12)
        mapping.pointee.size = size + length
        shiftBlocks(mapping, from: offset >> 12, by: Int64(length >> 12))
    }

    private func wholeBlocksRule(_ offset: UInt64, _ length: UInt64) -> Refusal.Rule {
        offset & 4095 != 0 ? .unaligned("offset", offset) : .unaligned("len", length)
    }

    /// Writes the pages from `first` on to the disk and forgets them: they are about to move.
    private func dropPages(_ mapping: Handle<FileMapping>, from first: UInt64) {
        writeAndWait(mapping, from: first, through: .max)
        unmapMappings(mapping, from: first, through: .max >> 12, evenCopies: true)
        truncatePages(mapping, from: first << 12, to: .max)
    }

    private func shiftBlocks(_ mapping: Handle<FileMapping>, from first: UInt64, by shift: Int64) {
        guard let file = mapping.pointee.disk else { return }
        var moved: [(UInt64, UInt64)] = []
        var index = first
        while let found = file.pointee.blocks.next(from: index, through: .max) {
            moved.append((found.index, found.value))
            index = found.index + 1
        }
        for (index, _) in moved { file.pointee.blocks.erase(index) }
        for (index, block) in moved { file.pointee.blocks.store(UInt64(Int64(index) + shift), block) }
    }
}
