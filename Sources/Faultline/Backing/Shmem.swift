/// tmpfs without a mount: shared anonymous memory, memory files, System V segments (`mm/shmem.c`).
extension Machine {
    /// `shmem_file_setup`: an empty file in memory. With VM_NORESERVE its pages are charged as they come, else all at once.
    ///
    /// - Throws: ENOMEM where the commitment refuses, EINVAL for a size beyond all files.
    func makeShmem(name: Int32, size: UInt64, reserves: Bool) throws(Errno) -> Handle<FileMapping> {
        if size > Self.largestFile { throw refuse(.EINVAL, .largestFile(size, limit: Self.largestFile)) }
        if reserves { try chargeMemory((size &+ 4095) >> 12) }
        let mapping = makeMapping(.shmem, name: name, size: size)
        mapping.pointee.chargesByPage = !reserves
        return mapping
    }

    /// `MAX_LFS_FILESIZE`.
    static var largestFile: UInt64 { UInt64(Int64.max) }

    /// `shmem_zero_setup`: what a shared anonymous mapping maps.
    ///
    /// - Throws: ENOMEM.
    func makeSharedAnonymous(length: UInt64, flags: VMFlags) throws(Errno) -> Handle<OpenFile> {
        if shm.zeroName < 0 { shm.zeroName = names.number(of: "/dev/zero") }
        return makeOpenFile(try makeShmem(name: shm.zeroName, size: length, reserves: !flags.has(.noReserve)))
    }

    /// What a page of a memory file is wanted for: `enum sgp_type`.
    enum ShmemUse {
        /// To be mapped: comes zeroed, only within i_size (`SGP_CACHE`).
        case cache
        /// To be written to: the caller clears what it does not write (`SGP_WRITE`).
        case write
        /// For fallocate: comes without contents (`SGP_FALLOC`).
        case allocate
    }

    /// Who wants it, as far as the folio's size depends on it.
    struct ShmemDemand {
        /// Where the fault is; nil for write(2) and fallocate(2).
        var vma: Handle<VMArea>?
        var address: VirtualAddress = 0
        /// The byte behind what these will write.
        var writeEnd: UInt64 = 0
    }

    /// `shmem_get_folio_gfp`.
    ///
    /// - Throws: EINVAL beyond the end of the file, ENOSPC where the commitment refuses or the file's mount is full, ENOMEM
    ///   without a free frame.
    @inline(__always)
    func shmemPage(
        _ mapping: Handle<FileMapping>, _ index: UInt64, _ use: ShmemUse, _ demand: ShmemDemand = ShmemDemand()
    ) throws(Errno) -> PFN {
        if use == .cache, index >= mapping.pointee.endIndex {
            throw refuse(.EINVAL, .beyondFile(index << 12, size: mapping.pointee.size))
        }
        let leaf = mapping.pointee.pages.leaf(for: index)
        let cached = CacheEntry(rawValue: leaf?[XArray.slot(index, 0)] ?? mapping.pointee.pages.load(index))
        if cached.isPage {
            if cached.isLarge { return cachedLargePage(cached, index, use) }
            let pfn = cached.frame(at: index)
            if use == .write { markAccessed(pfn) }
            // A page of an earlier fallocate gets its contents now; a later one must not take it for its own either.
            if use != .write, !page(pfn).pointee.has(PageFlag.uptodate) {
                frames.zeroFrame(pfn)
                page(pfn).pointee.set(PageFlag.uptodate)
            }
            return pfn
        }
        if let slot = Self.shmemSlot(cached.rawValue, of: mapping) { return try swapInShmem(mapping, index, slot, use) }
        if placesByPolicy { placeByPolicy(mapping, index) }
        defer { if placesByPolicy { faultPlace = nil } }
        if huge.isLooked, let pfn = largeShmemPage(mapping, index, use, demand) { return pfn }
        guard let pfn = allocateChargedPage(.sharedMemory) else {
            throw refuse(.ENOMEM, .noFrame("a page of the file"))
        }
        if mapping.pointee.chargesByPage {
            do { try chargeShmemPage(mapping) } catch {
                putPage(pfn)
                throw error
            }
        }
        let record = page(pfn)
        if use == .cache { record.pointee.set(.uptodate) }
        if use == .write { record.pointee.set(.referenced) }
        // Reclaim for the charge may have freed the node.
        addToCache(pfn, record, mapping, index, memoryGroup.isCharging ? mapping.pointee.pages.leaf(for: index) : leaf)
        return pfn
    }

    // MARK: Invariants

    /// Pages that memory files have charged to the commitment.
    func chargedFilePages() -> Int64 {
        var pages: UInt64 = 0
        for mapping in liveMappings() where mapping.pointee.kind == .shmem {
            pages &+=
                mapping.pointee.chargesByPage
                ? mapping.pointee.pageCount &+ mapping.pointee.swappedCount &+ mapping.pointee.surplusCharges
                : mapping.pointee.endIndex
        }
        return Int64(bitPattern: pages)
    }
}
