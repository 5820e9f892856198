/// A mounted tmpfs: the part of `struct shmem_sb_info` that counts blocks. A block is a page.
///
/// The files of a mount are charged page by page, like memory files; the mount has its own limit besides the commitment.
struct TmpfsMount {
    /// `max_blocks`, from the option `size=`; 0 for no limit.
    let blockLimit: UInt64
    /// `used_blocks`: pages of all its files, and those that reclaim took and no one has counted back yet.
    var usedBlocks: UInt64 = 0

    /// Whether a further block would exceed the limit.
    @inline(__always) var isFull: Bool { blockLimit != 0 && usedBlocks >= blockLimit }
}

extension Machine {
    /// Mounts a tmpfs of `size` bytes, rounded up to whole pages as `shmem_parse_one` does; 0 for no limit. Nothing unmounts it.
    ///
    /// - Returns: its number, from 1, for ``tmpfsFile(_:name:size:mount:)``.
    package func tmpfsMount(size: UInt64) -> Int32 {
        // DIV_ROUND_UP overflows, so that the largest sizes are no limit either.
        tmpfsMounts.append(TmpfsMount(blockLimit: (size &+ 4095) >> 12))
        return Int32(tmpfsMounts.count)
    }

    /// The limit and the use of a mount, in blocks of 4 KiB (statfs(2): `f_blocks`, and that less `f_bfree`); a limit of 0 is none.
    ///
    /// - Throws: EBADF for a number that no mount has.
    package func tmpfsBlocks(_ mount: Int32) throws(Errno) -> (limit: UInt64, used: UInt64) {
        try checkMount(mount)
        let mount = tmpfsMounts[Int(mount) - 1]
        return (mount.blockLimit, mount.usedBlocks)
    }

    /// Refuses a number that no mount has. - Throws: EBADF.
    func checkMount(_ mount: Int32) throws(Errno) {
        if mount < 1 || Int(mount) > tmpfsMounts.count { throw refuse(.EBADF, .noMount(mount)) }
    }

    /// The mount of a file; nil for the kernel's own, which has no limit.
    func tmpfs(of mapping: Handle<FileMapping>) -> TmpfsMount? {
        mapping.pointee.mount == 0 ? nil : tmpfsMounts[Int(mapping.pointee.mount) - 1]
    }

    // MARK: Charges

    /// `shmem_inode_acct_blocks` for one page of a file that is charged by page. What reclaim took from the file is given back
    /// first: the kernel does so before it fails, and after it succeeds.
    ///
    /// - Throws: ENOSPC where the commitment refuses, or the mount is full.
    @inline(__always)
    func chargeShmemPage(_ mapping: Handle<FileMapping>) throws(Errno) {
        if mapping.pointee.surplusCharges != 0 { recalculateCharges(mapping) }
        do { try chargeMemory(1) } catch { throw renamed(.ENOSPC) }
        if mapping.pointee.mount != 0 { try takeBlock(mapping) }
    }

    /// The same for all pages of a large folio, without a trace where it is refused: a single page is tried then.
    func mayChargeShmem(_ mapping: Handle<FileMapping>, _ pages: UInt64) -> Bool {
        if mapping.pointee.surplusCharges != 0 { recalculateCharges(mapping) }
        if let mount = tmpfs(of: mapping), mount.blockLimit != 0, mount.blockLimit - mount.usedBlocks < pages {
            return false
        }
        guard passingOver({ () throws(Errno) in try chargeMemory(pages) }) != nil else { return false }
        if mapping.pointee.mount != 0 { tmpfsMounts[Int(mapping.pointee.mount) - 1].usedBlocks += pages }
        return true
    }

    @inline(never)
    private func takeBlock(_ mapping: Handle<FileMapping>) throws(Errno) {
        let index = Int(mapping.pointee.mount) - 1
        if tmpfsMounts[index].isFull {
            unchargeMemory(1)
            let mount = tmpfsMounts[index]
            throw refuse(.ENOSPC, .tmpfsFull(blocks: mount.blockLimit, used: mount.usedBlocks))
        }
        tmpfsMounts[index].usedBlocks += 1
    }

    /// `shmem_inode_unacct_blocks`.
    @inline(__always)
    func unchargeShmemPages(_ mapping: Handle<FileMapping>, _ pages: UInt64) {
        unchargeMemory(pages)
        if mapping.pointee.mount != 0 { tmpfsMounts[Int(mapping.pointee.mount) - 1].usedBlocks -= pages }
    }

    /// `shmem_recalc_inode`: gives the charges back of pages that reclaim took.
    func recalculateCharges(_ mapping: Handle<FileMapping>) {
        let surplus = mapping.pointee.surplusCharges
        if surplus == 0 { return }
        mapping.pointee.surplusCharges = 0
        unchargeShmemPages(mapping, surplus)
    }

    // MARK: Invariants

    /// The blocks in use of every mount against the pages of its files. - Returns: what is wrong, or nil.
    func checkTmpfs() -> String? {
        var used = [UInt64](repeating: 0, count: tmpfsMounts.count)
        for mapping in liveMappings() {
            let surplus = mapping.pointee.surplusCharges
            if surplus != 0, mapping.pointee.kind != .shmem || !mapping.pointee.chargesByPage {
                return "\(names[Int(mapping.pointee.name)]) is not charged by page, but has \(surplus) charges too many"
            }
            if mapping.pointee.mount == 0 { continue }
            guard used.indices.contains(Int(mapping.pointee.mount) - 1) else {
                return "\(names[Int(mapping.pointee.name)]) lies in tmpfs \(mapping.pointee.mount), which is not there"
            }
            used[Int(mapping.pointee.mount) - 1] += mapping.pointee.pageCount + mapping.pointee.swappedCount + surplus
        }
        for (index, mount) in tmpfsMounts.enumerated() {
            if mount.usedBlocks != used[index] {
                return "tmpfs \(index + 1) counts \(mount.usedBlocks) blocks, its files have \(used[index])"
            }
            if mount.blockLimit != 0, mount.usedBlocks > mount.blockLimit {
                return "tmpfs \(index + 1) has \(mount.usedBlocks) blocks in use, its limit is \(mount.blockLimit)"
            }
        }
        return nil
    }
}
