/// Filling pages of registered memory: UFFDIO_COPY, UFFDIO_ZEROPAGE, UFFDIO_CONTINUE and UFFDIO_POISON (`mm/userfaultfd.c`).
extension Machine {
    /// Modes that the calls share: UFFDIO_COPY_MODE_DONTWAKE and _WP; they have these numbers in all of them.
    private static var dontWake: UInt64 { 1 }
    private static var writeProtect: UInt64 { 2 }

    /// UFFDIO_COPY. - Returns: the bytes done, with an error where they are not all.
    package func userfaultCopy(
        _ process: Int, _ fd: Int32, _ target: UInt64, _ source: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> CallAnswer {
        try begin(process, fd, .copy(source: source), target, length, mode, known: Self.dontWake | Self.writeProtect)
    }

    /// UFFDIO_ZEROPAGE. - Returns: as ``userfaultCopy(_:_:_:_:_:mode:)``.
    package func userfaultZeroPage(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> CallAnswer {
        try begin(process, fd, .zeroPage, start, length, mode, known: Self.dontWake)
    }

    /// UFFDIO_CONTINUE. - Returns: as ``userfaultCopy(_:_:_:_:_:mode:)``.
    package func userfaultContinue(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> CallAnswer {
        try begin(process, fd, .continue, start, length, mode, known: Self.dontWake | Self.writeProtect)
    }

    /// UFFDIO_POISON. - Returns: as ``userfaultCopy(_:_:_:_:_:mode:)``.
    package func userfaultPoison(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> CallAnswer {
        try begin(process, fd, .poison, start, length, mode, known: Self.dontWake)
    }

    /// A userfaultfd of whose events none is unread. - Throws: EAGAIN, as ``userfault(_:_:isHandshake:)``.
    func unchanged(_ task: Process, _ fd: Int32) throws(Errno) -> Handle<UserfaultContext> {
        let context = try userfault(task, fd)
        if context.pointee.changing > 0 { throw refuse(.EAGAIN, .userfaultChanging(context.pointee.changing)) }
        return context
    }

    func checkMode(_ mode: UInt64, known: UInt64) throws(Errno) {
        if mode & ~known != 0 { throw refuse(.EINVAL, .unknownBits("mode", mode, known: known)) }
    }

    /// What the four have in common. - Parameter known: the modes that the call has.
    private func begin(
        _ process: Int, _ fd: Int32, _ kind: UserfaultFill.Kind, _ start: VirtualAddress, _ length: UInt64,
        _ mode: UInt64, known: UInt64
    ) throws(Errno) -> CallAnswer {
        let task = try caller(process)
        let context = try unchanged(task, fd)
        if case .copy(let source) = kind { try checkUserfaultRange(source, length, isAligned: false) }
        try checkUserfaultRange(start, length)
        try checkMode(mode, known: known)
        _ = try served(context)
        let fill = UserfaultFill(
            kind: kind, context: context, start: start, length: length,
            writeProtects: mode & Self.writeProtect != 0, wakes: mode & Self.dontWake == 0)
        do { return try self.fill(task, fill) } catch {
            return try conclude(task, CallAnswer(0))
        }
    }

    /// `mfill_atomic`, and what its callers do with its result.
    ///
    /// - Throws: ERESTARTNOINTR where the source is userspace's to serve.
    func fill(_ task: Process, _ begun: UserfaultFill) throws(Errno) -> CallAnswer {
        var fill = begun
        var failure: Errno?
        physical.isShort = false
        do throws(Errno) {
            while fill.done < fill.length { try fillPage(task, &fill) }
        } catch {
            if let copy = fill.copy { putPage(copy) }
            fill.copy = nil
            if error == .ERESTARTNOINTR {
                userfaults.steps.append(.fill(fill))
                throw error
            }
            failure = gaveUp(error)
        }
        if fill.done == 0, let failure { return CallAnswer(0, error: failure) }
        if fill.wakes { wakeUserfault(fill.context, fill.start, fill.done) }
        if fill.done == fill.length { return CallAnswer(fill.done) }
        return CallAnswer(
            fill.done, error: refuse(.EAGAIN, .userfaultPart(fill.done, of: fill.length)))
    }

    /// One page of `mfill_atomic`.
    private func fillPage(_ task: Process, _ fill: inout UserfaultFill) throws(Errno) {
        let address = fill.start + fill.done
        let vma = try fillable(fill)
        if vma.pointee.flags.has(.hugeTLB) { return try fillPoolPage(task, vma, &fill) }
        // Before anything is copied: the source may have faults to wait for.
        if case .huge = lookup(vma.pointee.mm, address) { throw refuse(.EEXIST, .userfaultOccupied(address)) }
        guard let entry = allocateEntry(vma.pointee.mm, address) else {
            throw refuse(.ENOMEM, .noFrame("a page table"))
        }
        switch fill.kind {
        case .continue: try continuePage(vma, address, entry, fill)
        case .poison:
            try checkFileEnd(vma, address)
            // Not even a mark is overwritten.
            if entry.pointee != 0 { throw refuse(.EEXIST, .userfaultOccupied(address)) }
            entry.pointee = EntryMarker.poisoned.entry
        case .zeroPage where !vma.pointee.isShared:
            try checkFileEnd(vma, address)
            if entry.pointee != 0 { throw refuse(.EEXIST, .userfaultOccupied(address)) }
            entry.pointee = PTE(pfn: zeroFrame, protection: pageProtection(vma) | PTE.specialBit).rawValue
            emit(.pageMapped, .userfault, address, zeroFrame)
        case .zeroPage: try fillShared(task, vma, address, entry, nil, fill)
        case .copy(let source) where !vma.pointee.isShared:
            guard let pfn = fill.copy ?? allocateChargedPage(.anonymous) else {
                throw refuse(.ENOMEM, .noFrame("the copy"))
            }
            fill.copy = pfn
            try copySource(task, source + fill.done, to: pfn)
            try installFilled(vma, address, entry, pfn, fill, isCached: false)
            fill.copy = nil
        case .copy(let source): try fillShared(task, vma, address, entry, source + fill.done, fill)
        }
        fill.done += PageSize.base
    }

    /// `uffd_mfill_lock` and the checks behind it: the target lies in one VMA that is registered.
    private func fillable(_ fill: UserfaultFill) throws(Errno) -> Handle<VMArea> {
        let mm = try served(fill.context)
        let start = fill.start
        let end = fill.start + fill.length
        guard let vma = lookupVMA(mm, start) else { throw refuse(.ENOENT, .nothingMapped(at: start)) }
        if !vma.pointee.isShared { prepareAnonVMA(vma) }
        if end > vma.pointee.end || vma.pointee.userfault == nil {
            throw refuse(.ENOENT, .userfaultUnregistered(start, end, "registered"))
        }
        if fill.context.pointee.changing > 0 {
            throw refuse(.EAGAIN, .userfaultChanging(fill.context.pointee.changing))
        }
        if fill.writeProtects, !vma.pointee.flags.has(.userfaultWP) {
            throw refuse(.EINVAL, .userfaultUnregistered(start, end, "registered with UFFDIO_REGISTER_MODE_WP"))
        }
        if vma.pointee.flags.has(.hugeTLB) { return vma }
        let isShmem = vma.pointee.file?.pointee.mapping.pointee.kind == .shmem && vma.pointee.kind == .file
        if !vma.pointee.isAnonymous, !isShmem {
            throw refuse(.EINVAL, .userfaultKind(vma.pointee.range, vma.pointee.flags.intersection(.userfault)))
        }
        if case .continue = fill.kind, !isShmem {
            throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "not of a memory file", "UFFDIO_CONTINUE"))
        }
        return vma
    }

    /// `mfill_file_over_size`.
    func checkFileEnd(_ vma: Handle<VMArea>, _ address: VirtualAddress) throws(Errno) {
        guard let mapping = vma.pointee.file?.pointee.mapping else { return }
        if vma.pointee.pageIndex(address) >= mapping.pointee.endIndex {
            throw refuse(.EFAULT, .userfaultNoPage(address, "it lies beyond the end of the file"))
        }
    }
}
