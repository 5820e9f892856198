/// The page allocator, as the kernel's own code calls it.
extension Machine {
    /// `alloc_pages`: 2^order frames. Where no block is as large, memory is compacted for it, if the flags allow to wait.
    ///
    /// - Returns: the first frame.
    /// - Throws: EINVAL for what no caller may ask for, ENOMEM where the kernel returns NULL.
    func allocatePages(for task: Process, order: UInt64, flags: UInt64) throws(Errno) -> PFN {
        guard order <= UInt64(Zone.maxOrder) else {
            throw refuse(
                .EINVAL, .argument("order", .given(order), "must be 0 to 10 (MAX_PAGE_ORDER)"))
        }
        let gfp = try allocationFlags(flags)
        guard !gfp.contains(.movable.union(.reclaimable)) else {
            throw refuse(.EINVAL, .combination("__GFP_MOVABLE and __GFP_RECLAIMABLE exclude each other"))
        }
        guard gfp.rawValue & 7 == 0 || (gfp.rawValue & 7).nonzeroBitCount == 1 else {
            throw refuse(.EINVAL, .combination("__GFP_DMA, __GFP_DMA32 and __GFP_HIGHMEM exclude each other"))
        }
        let request = AllocationRequest(gfp, order: Int(order))
        let taken = waiting(task, request) { allocatePage(request) ?? compactAndAllocate(request) }
        guard let pfn = taken else { throw refuse(.ENOMEM, .noFrame("alloc_pages")) }
        if gfp.contains(.compound), order > 0 { _ = Folio.make(pfn, order: order, in: frames) }
        kernelBlocks[pfn] = Int(order)
        return pfn
    }

    /// The flags of an allocation as a program gives them.
    ///
    /// - Throws: EINVAL for bits that no flag has.
    func allocationFlags(_ gfp: UInt64) throws(Errno) -> GFPFlags {
        let known = UInt64(GFPFlags.known.rawValue)
        if gfp & ~known != 0 { throw refuse(.EINVAL, .unknownBits("gfp", gfp, known: known)) }
        return GFPFlags(rawValue: UInt32(gfp))
    }

    private func compactAndAllocate(_ request: AllocationRequest) -> PFN? {
        guard request.order > 0, request.flags.contains(.directReclaim), compact(for: request) else { return nil }
        return allocatePage(request)
    }

    /// `__free_pages` of a block that ``allocatePages(for:order:flags:)`` gave.
    ///
    /// - Throws: EINVAL for a frame that no block begins with, where the kernel's lists would be destroyed.
    func freePages(_ pfn: PFN) throws(Errno) {
        guard let order = kernelBlocks.removeValue(forKey: pfn) else {
            throw refuse(
                .EINVAL,
                .argument(
                    "page", .given(pfn), "must be what alloc_pages gave, and free_pages did not free"))
        }
        emit(.pageFreed, .none, UInt64(order), pfn)
        if page(pfn).pointee.has(.head) { Folio(of: pfn, page(pfn)).dissolve() }
        physical.free(pfn, order: order)
    }

    /// `alloc_contig_range`. Each frame can be given back by itself. - Throws: as ``allocateContiguous(_:)``.
    func allocateContiguous(_ first: PFN, count: UInt64) throws(Errno) {
        guard 1...1 << 18 ~= count, first < 1 << 40 else {
            throw refuse(.EINVAL, .argument("count", .given(count), "must be 1 to 262,144 pages"))
        }
        try allocateContiguous(first..<first + count)
        for pfn in first..<first + count { kernelBlocks[pfn] = 0 }
    }

    /// `free_contig_range`. - Throws: EINVAL where not all of them are pages that a program took one by one.
    func freeContiguous(_ first: PFN, count: UInt64) throws(Errno) {
        guard 1...1 << 18 ~= count, first < 1 << 40, (first..<first + count).allSatisfy({ kernelBlocks[$0] == 0 })
        else {
            throw refuse(
                .EINVAL,
                .argument("page", .given(first), "must begin what alloc_contig gave, as many pages"))
        }
        for pfn in first..<first + count { try freePages(pfn) }
    }

    /// A write to a file of /proc/sys/vm that the page allocator has.
    ///
    /// - Throws: EINVAL for a name or a value that there is not.
    func setAllocator(_ name: String, _ value: UInt64) throws(Errno) {
        do { try physical.set(name, value) } catch {
            throw refuse(.EINVAL, .argument(name, .given(value), error.rule))
        }
    }
}
