/// The flags of mremap(2).
struct MremapFlags: OptionSet {
    let rawValue: UInt64

    static let mayMove = MremapFlags(rawValue: 1)
    static let fixed = MremapFlags(rawValue: 2)
    static let dontUnmap = MremapFlags(rawValue: 4)
}

/// One move or change of size: `struct vma_remap_struct` (`mm/mremap.c`). Lengths are in bytes, page-aligned.
struct Mremap {
    var address: UInt64
    var oldLength: UInt64
    var newLength: UInt64
    let flags: MremapFlags
    var newAddress: UInt64
    var vma: Handle<VMArea>?
    /// Pages charged to the commitment for this call.
    var charged: UInt64 = 0
    var populatesExpansion = false
    /// Events of the unmapping at the target, which come before the others (`uf_unmap_early`).
    var earlyEvents = 0

    /// `vrm_implies_new_addr`.
    var impliesNewAddress: Bool { !flags.isDisjoint(with: [.fixed, .dontUnmap]) }
    /// `vrm_move_only`.
    var isMoveOnly: Bool { flags.contains(.fixed) && oldLength == newLength }
    var isExpansion: Bool { newLength > oldLength }
    var isShrinking: Bool { newLength < oldLength }
}

extension Machine {
    /// mremap(2).
    ///
    /// - Throws: EINVAL, EFAULT, EAGAIN, ENOMEM, EPERM as mremap(2) says.
    func mremap(
        _ task: Process, _ old: UInt64, _ oldLength: UInt64, _ newLength: UInt64, flags: UInt64, _ new: UInt64
    ) throws(Errno) -> VirtualAddress {
        var request = Mremap(
            address: old, oldLength: oldLength.pageAlignedUp, newLength: newLength.pageAlignedUp,
            flags: MremapFlags(rawValue: flags), newAddress: new)
        try checkParameters(task, request)
        if request.isMoveOnly { return try moveRange(task, request) }
        request.vma = lookupVMA(task.mm, old)
        try prepare(task, &request)
        let result = request.impliesNewAddress ? try mremapTo(task, &request) : try mremapAt(task, &request)
        if request.populatesExpansion, request.isExpansion {
            // Here the population comes first, the readers are told later.
            let told = userfaults.steps
            userfaults.steps = []
            populate(task, request.newAddress &+ request.oldLength, request.newLength - request.oldLength)
            userfaults.steps += told
        }
        return result
    }

    /// `check_mremap_params`.
    private func checkParameters(_ task: Process, _ request: Mremap) throws(Errno) {
        if request.flags.rawValue & ~7 != 0 {
            throw refuse(.EINVAL, .unknownBits("flags", request.flags.rawValue, known: 7))
        }
        if !request.address.isPageAligned { throw refuse(.EINVAL, .unaligned("old_address", request.address)) }
        if request.newLength == 0 { throw refuse(.EINVAL, .zeroLength("new_len")) }
        if request.newLength > AddressSpaceLimit.taskSize {
            throw refuse(.EINVAL, .beyondUserSpace(request.address, request.newLength))
        }
        if !request.impliesNewAddress { return }
        if request.newAddress > AddressSpaceLimit.taskSize - request.newLength {
            throw refuse(.EINVAL, .beyondUserSpace(request.newAddress, request.newLength))
        }
        if !request.newAddress.isPageAligned { throw refuse(.EINVAL, .unaligned("new_address", request.newAddress)) }
        if !request.flags.contains(.mayMove) {
            throw refuse(.EINVAL, .combination("MREMAP_FIXED and MREMAP_DONTUNMAP need MREMAP_MAYMOVE"))
        }
        if request.flags.contains(.dontUnmap), request.oldLength != request.newLength {
            throw refuse(.EINVAL, .dontUnmapLength(request.oldLength, request.newLength))
        }
        let oldEnd = request.address &+ request.oldLength
        let newEnd = request.newAddress &+ request.newLength
        if oldEnd > request.newAddress, newEnd > request.address {
            throw refuse(.EINVAL, .overlap(request.address, oldEnd, request.newAddress, newEnd))
        }
        // A move may need up to four VMAs for a moment.
        if task.mm.pointee.mapCount + 2 >= settings.maxMapCount - 3 {
            throw refuse(.ENOMEM, mapCountRule(task.mm, needed: 6))
        }
    }

    /// `check_prep_vma`.
    func prepare(_ task: Process, _ request: inout Mremap) throws(Errno) {
        guard let vma = request.vma else { throw refuse(.EFAULT, .nothingMapped(at: request.address)) }
        if vma.pointee.flags.has(.sealed) { throw refuse(.EPERM, .sealed(vma.pointee.range)) }
        if vma.pointee.flags.has(.hugeTLB) { try alignToHugePages(vma, &request) }
        if !request.impliesNewAddress { request.newAddress = request.address }
        if !request.impliesNewAddress, !request.isExpansion { return }
        let flags = vma.pointee.flags
        if request.oldLength == 0, !flags.hasAny([.shared, .mayShare]) {
            throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "private", "an old_len of 0"))
        }
        if request.flags.contains(.dontUnmap), flags.hasAny([.dontExpand, .pfnMap]) {
            throw refuse(
                .EINVAL,
                .flagsForbid(vma.pointee.range, flags.intersection([.dontExpand, .pfnMap]), "MREMAP_DONTUNMAP"))
        }
        // What is cut off first may reach over the end of the VMA.
        if min(request.oldLength, request.newLength) > vma.pointee.end - request.address {
            throw refuse(.EFAULT, severalVMAsRule(vma, request.address, request.address &+ request.oldLength))
        }
        // What follows is about growing; a special mapping may shrink as it moves.
        if !request.isExpansion { return }
        if flags.has(.locked) { request.populatesExpansion = true }
        let pgoff = vma.pointee.pageIndex(request.address)
        if pgoff &+ (request.newLength >> 12) < pgoff { throw refuse(.EINVAL, .offsetWraps(pgoff, request.newLength)) }
        if flags.hasAny([.dontExpand, .pfnMap]) {
            throw refuse(
                .EFAULT, .flagsForbid(vma.pointee.range, flags.intersection([.dontExpand, .pfnMap]), "growth"))
        }
        let growth = (request.newLength &- request.oldLength) >> 12
        if !mayLock(task, flags, growth) { throw refuse(.EAGAIN, lockRule(task, growth)) }
        if !mayExpand(task, flags, growth) { throw refuse(.ENOMEM, expansionRule(task, flags, growth)) }
    }

    // MARK: At its place

    /// `mremap_at`.
    private func mremapAt(_ task: Process, _ request: inout Mremap) throws(Errno) -> VirtualAddress {
        if request.isShrinking {
            try unmap(task.mm, request.address &+ request.newLength, request.oldLength - request.newLength)
            return request.address
        }
        if !request.isExpansion { return request.address }
        guard let vma = request.vma else { throw refuse(.EFAULT, .nothingMapped(at: request.address)) }
        if canExpandInPlace(vma, request) {
            try expandInPlace(task, vma, &request)
            return request.address
        }
        guard request.flags.contains(.mayMove) else { throw refuse(.ENOMEM, growthRule(vma, request)) }
        try chooseNewAddress(task, vma, &request)
        return try moveVMA(task, &request)
    }

    /// `vrm_can_expand_in_place`.
    private func canExpandInPlace(_ vma: Handle<VMArea>, _ request: Mremap) -> Bool {
        let delta = request.newLength - request.oldLength
        guard request.oldLength == vma.pointee.end - request.address else { return false }
        let end = vma.pointee.end &+ delta
        if end < vma.pointee.end || end > AddressSpaceLimit.taskSize { return false }
        return findVMA(vma.pointee.mm, vma.pointee.end, end) == nil
    }

    /// `expand_vma_in_place`.
    private func expandInPlace(
        _ task: Process, _ vma: Handle<VMArea>, _ request: inout Mremap
    ) throws(Errno) {
        let delta = request.newLength - request.oldLength
        try charge(task, vma, &request)
        let end = vma.pointee.end
        let merge = VMAMerge(
            mm: task.mm, start: end, end: end &+ delta, pgoff: vma.pointee.pgoff &+ vma.pointee.pageCount,
            flags: vma.pointee.flags, file: vma.pointee.file, kind: vma.pointee.kind,
            anonVMA: vma.pointee.anonVMA, previous: vma, middle: nil, next: findVMA(task.mm, end),
            policy: vma.pointee.policy, userfault: vma.pointee.userfault)
        guard mergeNewRange(merge) != nil else {
            unchargeMemory(request.charged)
            throw refuse(.ENOMEM, growthRule(vma, request))
        }
        let flags = merge.flags
        account(task.mm, flags, Int64(delta >> 12))
        if flags.has(.locked) { task.mm.pointee.lockedVM &+= delta >> 12 }
    }

    /// `vrm_calc_charge`.
    func charge(_ task: Process, _ vma: Handle<VMArea>, _ request: inout Mremap) throws(Errno) {
        guard vma.pointee.flags.has(.account) else { return }
        let pages =
            request.flags.contains(.dontUnmap)
            ? request.newLength >> 12 : (request.newLength &- request.oldLength) >> 12
        try chargeMemory(pages, of: task.mm)
        request.charged = pages
    }
}
