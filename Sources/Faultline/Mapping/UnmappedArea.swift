extension Machine {
    /// `get_unmapped_area` with the checks behind it: where a mapping goes.
    ///
    /// - Parameters:
    ///   - length: a multiple of 4 KiB, not 0.
    ///   - file: decides whether the place is aligned to 2 MiB.
    /// - Throws: ENOMEM when there is no place, EINVAL for a fixed address within a page, EPERM for one that takes privilege.
    func unmappedArea(
        _ task: Process, _ file: Handle<OpenFile>?, _ address: VirtualAddress, _ length: UInt64,
        pgoff: UInt64, flags: MapFlags
    ) throws(Errno) -> VirtualAddress {
        if length > AddressSpaceLimit.taskSize { throw refuse(.ENOMEM, .beyondUserSpace(address, length)) }
        if let unit = file?.pointee.mapping.pointee.hugePageBytes, unit > 0, flags.contains(.fixed), address % unit != 0
        {
            throw refuse(.EINVAL, .unaligned("addr", address, to: unit))
        }
        if let file, file.pointee.mapping.pointee.ring >= 0 {
            // io_uring_get_unmapped_area.
            if address != 0 {
                throw refuse(
                    .EINVAL, .fileKind("a ring of io_uring", "a mapping at an address that the program chooses"))
            }
            meet(.rings)
            throw refuse(.ENODEV, .fileKind("a ring of io_uring", "mappings here"))
        }
        let place = try choosePlace(task.mm, file, address, length, pgoff, flags)
        // IS_ERR_VALUE: a fixed address in the last page reads as an errno.
        if place > UInt64(bitPattern: -4096) {
            throw refuse(
                Errno(rawValue: Int32(truncatingIfNeeded: 0 &- place)) ?? .ENOMEM, .addressReadsAsErrno(place))
        }
        if place > AddressSpaceLimit.taskSize - length { throw refuse(.ENOMEM, .beyondUserSpace(place, length)) }
        if !place.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", place)) }
        // cap_mmap_addr
        if place < settings.privilegedMinAddress, !task.capabilities.canMapLowPages {
            throw refuse(.EPERM, .lowAddress(place, limit: settings.privilegedMinAddress))
        }
        emit(.unmappedArea, .none, place, length)
        return place
    }

    private func choosePlace(
        _ mm: Handle<MMStruct>, _ file: Handle<OpenFile>?, _ address: VirtualAddress, _ length: UInt64,
        _ pgoff: UInt64, _ flags: MapFlags
    ) throws(Errno) -> VirtualAddress {
        // Disk files ask for a place that is congruent to the offset; shmem only when its huge pages are on; anonymous memory when the
        // length is a multiple of 2 MiB and there is no hint.
        let isDisk = file.map { $0.pointee.mapping.pointee.kind == .disk } ?? false
        let isAnonymous = file == nil && !flags.contains(.shared)
        if let unit = file?.pointee.mapping.pointee.hugePageBytes, unit > 0, !flags.contains(.fixed) {
            if let place = hugePlace(mm, address, length, unit, flags) { return place }
            throw refuse(.ENOMEM, placeRule(mm, length, flags))
        }
        if isDisk || (isAnonymous && address == 0 && length % PageSize.large == 0) {
            let place = alignedPlace(mm, address, length, isDisk ? pgoff << 12 : 0, flags)
            if place != 0 { return place }
        }
        if let place = place(mm, address, length, flags) {
            let isShmem = file.map { $0.pointee.mapping.pointee.kind == .shmem } ?? flags.contains(.shared)
            if huge.isLooked, isShmem { return sharedMemoryPlace(mm, file, address, length, pgoff, flags, place) }
            return place
        }
        throw refuse(.ENOMEM, placeRule(mm, length, flags))
    }

    /// `hugetlb_get_unmapped_area`: a place that is aligned to the pages; the hint is rounded up.
    private func hugePlace(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ length: UInt64, _ unit: UInt64, _ flags: MapFlags
    ) -> VirtualAddress? {
        let mask = unit - 1
        let hint = (address &+ mask) & ~mask
        if address != 0, hint != 0, length <= AddressSpaceLimit.taskSize,
            AddressSpaceLimit.taskSize - length >= hint, isFreeForHint(mm, hint, length)
        {
            return hint
        }
        let padding = mask & ~(PageSize.base - 1)
        if length &+ padding < length { return nil }
        return place(mm, 0, length &+ padding, flags).map { ($0 &+ mask) & ~mask }
    }

    /// `__thp_get_unmapped_area`; 0 when it has no answer.
    private func alignedPlace(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ length: UInt64, _ offset: UInt64, _ flags: MapFlags
    ) -> VirtualAddress {
        let size = PageSize.large
        let offsetEnd = offset &+ length
        let aligned = (offset &+ size &- 1) & ~(size - 1)
        if offsetEnd <= aligned || offsetEnd &- aligned < size { return 0 }
        let padded = length &+ size
        if padded < length || offset &+ padded < offset { return 0 }
        guard let found = place(mm, address, padded, flags) else { return 0 }
        if found == address { return address }
        let shift = (offset &- found) & (size - 1)
        if mm.pointee.layout.isTopDown && shift == 0 { return found &+ size }
        return found &+ shift
    }

    /// Where `place` looked.
    private func placeRule(_ mm: Handle<MMStruct>, _ length: UInt64, _ flags: MapFlags) -> Refusal.Rule {
        if flags.contains(.below2G) { return .noPlace(length, from: 0x4000_0000, to: 0x8000_0000) }
        let layout = mm.pointee.layout
        let low = layout.isTopDown ? settings.mmapMinAddress : layout.bottomUpBase
        return .noPlace(length, from: low, to: AddressSpaceLimit.taskSize)
    }

    /// `arch_get_unmapped_area_topdown`, and the bottom-up one for MAP_32BIT and legacy layouts; nil when it finds no gap.
    func place(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ length: UInt64, _ flags: MapFlags
    ) -> VirtualAddress? {
        if length > AddressSpaceLimit.taskSize { return nil }
        if flags.contains(.fixed) { return address }
        if flags.contains(.below2G) {
            // find_start_end: up to 32 MiB further up.
            let offset = mm.pointee.layout.isRandomized ? UInt64(random.below(0x2000)) << 12 : 0
            return bottomUp(mm, address, length, from: 0x4000_0000 + offset, to: 0x8000_0000)
        }
        let legacyBase = mm.pointee.layout.bottomUpBase
        guard mm.pointee.layout.isTopDown else {
            return bottomUp(mm, address, length, from: legacyBase, to: AddressSpaceLimit.taskSize)
        }
        let hint = address.pageAlignedDown
        if hint != 0, AddressSpaceLimit.taskSize - length >= hint, isFreeForHint(mm, hint, length) { return hint }
        let low = flags.contains(.above4G) ? 1 << 32 : PageSize.base
        if let found = highestGap(mm, length, low, mm.pointee.layout.mmapBase) { return found }
        // The top-down area is full: the rest of the address space is tried from below.
        return bottomUp(mm, 0, length, from: legacyBase, to: AddressSpaceLimit.taskSize)
    }

    private func bottomUp(
        _ mm: Handle<MMStruct>, _ address: VirtualAddress, _ length: UInt64, from low: VirtualAddress,
        to high: VirtualAddress
    ) -> VirtualAddress? {
        if length > high { return nil }
        let hint = address.pageAlignedUp
        if address != 0, high - length >= hint, isFreeForHint(mm, hint, length) { return hint }
        return lowestGap(mm, length, low, high)
    }

    /// The whole length is free and keeps clear of the stack's guard gap above.
    private func isFreeForHint(_ mm: Handle<MMStruct>, _ address: VirtualAddress, _ length: UInt64) -> Bool {
        guard let vma = findVMA(mm, address) else { return true }
        return address &+ length <= gapStart(vma)
    }

    /// `vm_start_gap`.
    @inline(__always)
    func gapStart(_ vma: Handle<VMArea>) -> VirtualAddress {
        guard vma.pointee.flags.has(.growsDown) else { return vma.pointee.start }
        let gap = settings.stackGuardGap
        return vma.pointee.start > gap ? vma.pointee.start - gap : 0
    }

    /// `unmapped_area_topdown`.
    private func highestGap(
        _ mm: Handle<MMStruct>, _ length: UInt64, _ low: VirtualAddress, _ top: VirtualAddress
    ) -> VirtualAddress? {
        // Each round takes the bound below the gap of the round before.
        var high = top
        let low = max(low, settings.mmapMinAddress)
        while high > low, let found = mm.pointee.tree.highestGap(length: length, low: low, high: high) {
            guard let next = findVMA(mm, found), next.pointee.flags.has(.growsDown) else { return found }
            let limit = gapStart(next)
            if found &+ length <= limit { return found }
            high = limit
        }
        return nil
    }

    /// `unmapped_area`.
    private func lowestGap(
        _ mm: Handle<MMStruct>, _ length: UInt64, _ bottom: VirtualAddress, _ high: VirtualAddress
    ) -> VirtualAddress? {
        // Each round takes the bound above the gap of the round before.
        var low = max(bottom, settings.mmapMinAddress)
        while low < high, let found = mm.pointee.tree.lowestGap(length: length, low: low, high: high) {
            guard let next = findVMA(mm, found), next.pointee.flags.has(.growsDown) else { return found }
            if found &+ length <= gapStart(next) { return found }
            low = next.pointee.end
        }
        return nil
    }
}
