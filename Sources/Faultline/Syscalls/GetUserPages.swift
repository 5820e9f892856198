/// Who wants pages of an address space, and how (`enum` of FOLL_ flags in `include/linux/mm_types.h`).
enum PinningCaller {
    /// process_vm_readv(2): FOLL_PIN and FOLL_REMOTE, for reading. Protection keys do not count.
    case reader
    /// process_vm_writev(2): the same for writing.
    case writer
    /// io_uring_register(2): FOLL_PIN, FOLL_WRITE and FOLL_LONGTERM, in the caller's own address space.
    case buffer
    /// get_mempolicy(2): FOLL_GET for reading; whether others may write to the page does not matter.
    case looker

    var writes: Bool { self == .writer || self == .buffer }
    var isRemote: Bool { self == .reader || self == .writer }
}

/// Pages that the kernel pins for someone (`mm/gup.c`).
extension Machine {
    /// `__get_user_pages` with FOLL_PIN: the pages from an address on, each pinned, up to the first that cannot be had.
    ///
    /// - Throws: where not even the first can be: EFAULT, ENOMEM. ERESTARTNOINTR where the process waits for one; for a buffer,
    ///   `task.wait` alone says so.
    func pinPages(
        _ task: Process, _ mm: Handle<MMStruct>, _ first: VirtualAddress, count: UInt64, for caller: PinningCaller
    ) throws(Errno) -> [PFN] {
        mm.pointee.hasPinned = true
        var pinned: [PFN] = []
        var vma: Handle<VMArea>?
        while UInt64(pinned.count) < count {
            let address = first.pageAlignedDown &+ UInt64(pinned.count) << 12
            do throws(Errno) {
                if vma?.pointee.contains(address) != true { vma = try pinnableVMA(task, mm, address, for: caller) }
                guard let vma else { break }
                let pfn = try followPinned(task, vma, address, for: caller)
                pinPage(pfn)
                pinned.append(pfn)
            } catch {
                // Those of a buffer stay pinned meanwhile; the caller keeps them.
                if error == .waiting, caller == .buffer { return pinned }
                if error == .waiting { for pfn in pinned { unpinPage(pfn) } }
                if pinned.isEmpty || error == .waiting { throw error }
                return pinned
            }
        }
        return pinned
    }

    /// The VMA at an address, which the caller may pin pages of (`check_vma_flags`).
    private func pinnableVMA(
        _ task: Process, _ mm: Handle<MMStruct>, _ address: VirtualAddress, for caller: PinningCaller
    ) throws(Errno) -> Handle<VMArea> {
        guard let vma = lookupVMA(mm, address) else { throw refuse(.EFAULT, .nothingMapped(at: address)) }
        let flags = vma.pointee.flags
        let special = flags.intersection([.io, .pfnMap])
        if !special.isEmpty { throw refuse(.EFAULT, .flagsForbid(vma.pointee.range, special, "pinning")) }
        if caller == .buffer, needsDirtyTracking(vma) {
            throw refuse(
                .EFAULT, .wrongKind(vma.pointee.range, "a shared mapping of a file on a disk", "a pin that stays"))
        }
        let wanted: VMFlags = caller.writes ? .write : .read
        if !flags.has(wanted) { throw refuse(.EFAULT, .mayNotPin(vma.pointee.range, flags.permissions, wanted)) }
        if !caller.isRemote, !keyPermits(task, vma, write: caller.writes) {
            let access = caller.writes ? "write" : "read"
            throw refuse(
                .EFAULT, .keyDenied(vma.pointee.range, key: flags.protectionKey, access, pkru: task.pkru.rawValue))
        }
        return vma
    }

    /// `vma_needs_dirty_tracking`: the file system must hear of writes, and cannot of those through a pin.
    private func needsDirtyTracking(_ vma: Handle<VMArea>) -> Bool {
        vma.pointee.flags.isSuperset(of: [.shared, .write]) && vma.pointee.file?.pointee.mapping.pointee.kind == .disk
    }

    /// `follow_page_pte`, with a fault for as long as it finds nothing that will do.
    private func followPinned(
        _ task: Process, _ vma: Handle<VMArea>, _ address: VirtualAddress, for caller: PinningCaller
    ) throws(Errno) -> PFN {
        for _ in 0...Self.faultLimit {
            let pte = readPTE(vma.pointee.mm, address)
            var flags: FaultFlags = [.withoutRestart, .mayWait]
            if caller.writes { flags.formUnion(.write) }
            if pte.isPresent, caller.writes ? pte.isWritable : true {
                guard caller != .looker, mustUnshare(pte) else {
                    task.faultTries = 0
                    followTouching(vma.pointee.mm, address, pte, write: caller.writes)
                    return pte.pfn
                }
                flags.formUnion(.unshare)
            }
            switch handleFault(task, vma, address, flags: flags) {
            case .handled(isMajor: false) where task.faultTries > 0:
                // FAULT_FLAG_TRIED
                task.minorFaults &-= 1
                task.majorFaults &+= 1
            case .handled: continue
            case .signal(.waits): throw .waiting
            case .signal(let signal): throw refuse(.EFAULT, .cannotPopulate(address, signal.meaning))
            case .outOfMemory: throw refuse(.ENOMEM, .cannotPopulate(address, "no frame of RAM is free"))
            }
        }
        preconditionFailure("a page cannot be pinned after four faults")
    }

    /// `gup_must_unshare`: a private page that is not the process's alone.
    private func mustUnshare(_ pte: PTE) -> Bool {
        if pte.isWritable || pte.isSpecial { return false }
        let folio = folio(of: pte.pfn)
        let record = folio.entireMapCount > 0 ? folio.head : folio.record(pte.pfn)
        return folio.isAnonymous && !record.pointee.has(.anonExclusive)
    }

    /// `gup_fast` for writing: the pages whose entries allow it already, without a look at VMAs.
    ///
    /// - Parameter staysPinned: FOLL_LONGTERM; a file's page will do only if the file is in memory.
    func pinPresentPages(
        _ task: Process, _ first: VirtualAddress, count: UInt64, staysPinned: Bool
    ) -> [PFN] {
        task.mm.pointee.hasPinned = true
        var pinned: [PFN] = []
        while UInt64(pinned.count) < count {
            let address = first.pageAlignedDown &+ UInt64(pinned.count) << 12
            let pte = readPTE(task.mm, address)
            guard pte.rawValue & PTE.presentBit != 0, pte.isWritable, !pte.isSpecial,
                task.pkru.denials(pte.protectionKey) == 0
            else { break }
            let head = folio(of: pte.pfn).head
            if staysPinned, let mapping = head.pointee.fileMapping, mapping.pointee.kind == .disk { break }
            head.pointee.set(.referenced)
            pinPage(pte.pfn)
            pinned.append(pte.pfn)
        }
        return pinned
    }

    /// `get_user_pages_fast` of one page for reading, whose reference is given back at once.
    ///
    /// - Parameter isBegun: the process has waited for the page, and does not look without a fault any more.
    /// - Throws: EFAULT, ENOMEM; ERESTARTNOINTR where the process waits for the page.
    func lookAtPage(_ task: Process, _ address: VirtualAddress, isBegun: Bool) throws(Errno) -> PFN {
        let pte = readPTE(task.mm, address)
        if !isBegun, pte.rawValue & PTE.presentBit != 0, !pte.isSpecial, task.pkru.denials(pte.protectionKey) & 1 == 0 {
            folio(of: pte.pfn).head.pointee.set(.referenced)
            return pte.pfn
        }
        let vma = try pinnableVMA(task, task.mm, address, for: .looker)
        return try followPinned(task, vma, address, for: .looker)
    }
}
