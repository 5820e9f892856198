/// A file's pages and who maps them: `struct address_space` with the inode it belongs to.
struct FileMapping {
    enum Kind: UInt8 {
        /// tmpfs, memfd, shared anonymous memory, System V segments.
        case shmem
        /// A regular file on a disk file system (ext4).
        case disk
        /// /agent, /dev/zero and the like: mapped but with no pages that are shown.
        case image
        /// A memory file of huge pages of the pool (hugetlbfs).
        case hugeTLB
    }

    let kind: Kind
    /// i_size, in bytes.
    var size: UInt64
    /// The page cache; values are ``CacheEntry``.
    var pages: XArray
    /// `nrpages`.
    var pageCount: UInt64 = 0
    /// `i_mmap`: by file page.
    var mappers = IntervalTree<VMArea>()
    /// VM_SHARED mappers that may write (`i_mmap_writable`), less than 0 when sealed against writing.
    var writableMappings: Int32 = 0
    /// Open files and other holders.
    var refcount: Int32 = 1
    /// Number in the machine's table of names.
    var name: Int32
    /// F_SEAL_* of a memfd.
    var seals: UInt32 = 0
    /// `i_uid`, and the permission bits of `i_mode`; the group is 0.
    var owner: UInt32 = 0
    var mode: UInt16 = 0o777
    /// A memory file's mode has execute bits; not with MFD_NOEXEC_SEAL.
    var isExecutable = true
    /// shmem: pages are charged one by one as they come (VM_NORESERVE), not by size at the start.
    var chargesByPage = false
    /// tmpfs: the mount that counts the file's pages, by its number from 1; 0 for the kernel's own, which has no limit.
    var mount: Int32 = 0
    /// Charges of pages that reclaim took (`info->alloced` less `nrpages`): they are given back when the file next gains or
    /// loses pages by itself.
    var surplusCharges: UInt64 = 0
    /// shmem: pages of the file that are in the swap area (`info->swapped`).
    var swappedCount: UInt64 = 0
    /// It is on the list of those that swapoff looks at (`info->swaplist` is not empty).
    var mayBeSwapped = false
    /// shmem: the page behind the last one that fallocate(2) promised (`info->fallocend`); a hole there takes it back.
    var allocatedEnd: UInt64 = 0
    /// hugetlbfs: the size of its pages, in bytes; 0 for all other files.
    var hugePageBytes: UInt64 = 0
    /// hugetlbfs: the number of its map of promised pages (`inode_resv_map`).
    var reserveMap: UInt32 = 0
    /// Disk: what the device holds of the file.
    var disk: Handle<DiskFile>?
    /// A program's file of which only the places are known, not the contents.
    var lacksContents = false
    /// The file has a name in a directory, as a program's has: the kernel keeps it in memory when nobody holds it.
    var isNamed = false
    /// Reclaim leaves its pages alone (`AS_UNEVICTABLE`): somebody outside of the machine filled them, and does so once.
    var isUnevictable = false
    /// Number of the System V segment, or -1.
    var shmID: Int32 = -1
    /// Number of the ring that the file stands for (io_uring_setup(2)), or -1.
    var ring: Int32 = -1
    /// Order of creation, for printing.
    var serial: UInt64

    /// Pages that i_size covers, the last one perhaps in part.
    @inline(__always) var endIndex: UInt64 { (size &+ 4095) >> 12 }
}

/// An open file: `struct file`.
struct OpenFile {
    let mapping: Handle<FileMapping>
    let canRead: Bool
    let canWrite: Bool
    /// FMODE_RANDOM: read(2) reads nothing ahead (POSIX_FADV_RANDOM).
    var isRandom = false
    /// FMODE_NOREUSE: accesses through mappings do not count as a use of the pages.
    var isUsedOnce = false
    /// Descriptors and VMAs that hold it.
    var refcount: Int32 = 1
    var readahead = ReadaheadState()
    /// What the descriptor stands for, where that is no file.
    var userfault: Handle<UserfaultContext>?
    /// `f_wb_err`: how many write errors of the file this opener has been told of.
    var seenErrors: UInt32 = 0
}

/// `struct file_ra_state`: where sequential reading of an open file is. Positions are file pages.
struct ReadaheadState {
    var start: UInt64 = 0
    var size: UInt64 = 0
    var asyncSize: UInt64 = 0
    /// What the next window's folios are to be like: 2^order pages.
    var order: UInt64 = 0
    var mmapMiss: UInt32 = 0
    /// `ra_pages` is twice what the disk has (POSIX_FADV_SEQUENTIAL).
    var isDoubled = false
    /// The page of the last read(2), or of none (`prev_pos`).
    var previousPage = UInt64.max >> 12
}

extension Machine {
    /// An inode with its mapping, held by the caller.
    func makeMapping(_ kind: FileMapping.Kind, name: Int32, size: UInt64) -> Handle<FileMapping> {
        defer { serials.mapping += 1 }
        let mapping = mappings.allocate(
            FileMapping(
                kind: kind, size: size, pages: XArray(nodes: arrayNodes.reference), name: name,
                serial: serials.mapping))
        if chargesKernelObjects { chargeFile(mapping) }
        let caller = Int(cpu.current)
        if processes.indices.contains(caller) { mapping.pointee.owner = processes[caller].user }
        return mapping
    }

    /// The inode and the name of a new file.
    private func chargeFile(_ mapping: Handle<FileMapping>) {
        chargeObject(.dentry, mapping.bits)
        switch mapping.pointee.kind {
        case .shmem: chargeObject(.shmemInode, mapping.bits)
        case .disk: chargeObject(.diskInode, mapping.bits)
        case .image, .hugeTLB: chargeObject(.inode, mapping.bits)
        }
    }

    /// A file on the disk without blocks (`ext4_create`).
    func makeDiskMapping(name: String, size: UInt64) -> Handle<FileMapping> {
        let mapping = makeMapping(.disk, name: names.number(of: name), size: size)
        mapping.pointee.mode = 0o600
        let inode = disk.allocateInode()
        mapping.pointee.disk = diskFiles.allocate(
            DiskFile(blocks: XArray(nodes: blockMapNodes.reference), inode: inode))
        noteInode(inode, isUsed: true)
        return mapping
    }

    /// A page of a new file that is in memory and on the disk, filled by `fill`. - Throws: ENOMEM, ENOSPC.
    func addWrittenPage(
        _ mapping: Handle<FileMapping>, _ index: UInt64, fill: (PFN) -> Void
    ) throws(Errno) {
        guard let pfn = addDiskPage(mapping, index) else {
            throw refuse(.ENOMEM, .noFrame("a page of the file"))
        }
        fill(pfn)
        page(pfn).pointee.set(PageFlag.uptodate)
        guard prepareForWrite(mapping, index, pfn) else { throw refuse(.ENOSPC, .diskFull) }
        _ = blockForWriting(mapping, index)
        storeBlock(mapping, index, pfn)
    }

    /// Opens a mapping for reading and perhaps writing; the caller's hold on it becomes the open file's.
    func makeOpenFile(
        _ mapping: Handle<FileMapping>, canRead: Bool = true, canWrite: Bool = true
    ) -> Handle<OpenFile> {
        // errseq_sample: an error that no call reported yet is this opener's too.
        let errors = mapping.pointee.disk.map { $0.pointee.writeErrors &- ($0.pointee.lastErrorWasSeen ? 0 : 1) }
        let file = openFiles.allocate(
            OpenFile(mapping: mapping, canRead: canRead, canWrite: canWrite, seenErrors: errors ?? 0))
        if chargesKernelObjects { chargeObject(.fileStruct, file.bits) }
        return file
    }

    /// `get_file`.
    @inline(__always)
    func getFile(_ file: Handle<OpenFile>) { file.pointee.refcount &+= 1 }

    /// `fput`: the last one closes the file.
    @inline(__always)
    func putFile(_ file: Handle<OpenFile>) {
        file.pointee.refcount &-= 1
        if file.pointee.refcount == 0 { closeFile(file) }
    }

    @inline(never)
    private func closeFile(_ file: Handle<OpenFile>) {
        let mapping = file.pointee.mapping
        if chargesKernelObjects { unchargeObject(.fileStruct, file.bits) }
        if let context = file.pointee.userfault { releaseUserfault(context) }
        openFiles.deallocate(file)
        putMapping(mapping)
    }

    /// `iput`: the last holder takes the contents with it. Those of a file with a name are read in anew when it is opened
    /// again, and nobody sees them go.
    func putMapping(_ mapping: Handle<FileMapping>) {
        mapping.pointee.refcount -= 1
        if mapping.pointee.refcount > 0 { return }
        if mapping.pointee.kind == .hugeTLB, hugePool.keepsFiles {
            return hugePool.doomedFiles.append(mapping.bits)
        }
        dropMapping(mapping)
    }

    /// What is left to do for a file that nobody holds.
    func dropMapping(_ mapping: Handle<FileMapping>) {
        precondition(mapping.pointee.mappers.isEmpty, "a file is deleted that is still mapped")
        let size = mapping.pointee.size
        if !sharedPolicies.isEmpty { sharedPolicies[mapping] = nil }
        if mapping.pointee.kind == .hugeTLB {
            evictPoolFile(mapping)
        } else if mapping.pointee.isNamed {
            elsewhere { truncatePages(mapping, from: 0, to: .max) }
        } else {
            truncatePages(mapping, from: 0, to: .max)
        }
        if mapping.pointee.mayBeSwapped { swap.users.remove(mapping) }
        switch mapping.pointee.kind {
        case .shmem: if !mapping.pointee.chargesByPage { unchargeMemory((size &+ 4095) >> 12) }
        case .disk:
            freeBlocks(mapping, from: 0, through: .max)
            noteClean(mapping)
            if let file = mapping.pointee.disk {
                noteInode(file.pointee.inode, isUsed: false)
                disk.freeInode(file.pointee.inode)
                diskFiles.deallocate(file)
            }
        case .image: if mapping.pointee.ring >= 0 { endRing(Int(mapping.pointee.ring)) }
        case .hugeTLB: break
        }
        if chargesKernelObjects {
            unchargeObject(.dentry, mapping.bits)
            for kind in [KernelObjectKind.shmemInode, .diskInode, .inode] { unchargeObject(kind, mapping.bits) }
        }
        mappings.deallocate(mapping)
    }
}
