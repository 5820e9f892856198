extension Machine {
    /// process_vm_readv(2) and process_vm_writev(2) (`process_vm_rw` of `mm/process_vm_access.c`), one range on each side.
    ///
    /// - Returns: the bytes copied, up to the first page that cannot be had.
    /// - Throws: EINVAL, EPERM, EFAULT where nothing was copied, ENOMEM.
    func copyProcessMemory(
        _ task: Process, of target: Process, _ local: UInt64, _ remote: UInt64, _ length: UInt64, writes: Bool
    ) throws(Errno) -> UInt64 {
        // copy_iovec_from_user: ssize_t
        if length > UInt64(Int64.max) {
            throw refuse(.EINVAL, .argument("len", .bits(length), "must be less than 2^63"))
        }
        let count = min(length, Self.largestTransfer)
        if local > AddressSpaceLimit.taskSize || count > AddressSpaceLimit.taskSize - local {
            throw refuse(.EFAULT, .beyondUserSpace(local, count))
        }
        if count == 0 { return 0 }
        if task.mm != target.mm, !mayInspect(task, target) {
            throw refuse(.EPERM, .mayNotReach(user: task.user, target: target.user))
        }
        let copy = ProcessCopy(local: local, remote: remote, writes: writes, left: count)
        return try goOn(task, ProcessTransfer(target: target.index, copy: copy, length: length))
    }

    /// Copies on from where it is. - Throws: ERESTARTNOINTR where either side is userspace's to serve.
    func goOn(_ task: Process, _ begun: ProcessTransfer) throws(Errno) -> UInt64 {
        var transfer = begun
        guard processes[transfer.target].isAlive else { return transfer.copy.done }
        do throws(Errno) {
            if let attempt = transfer.attempt {
                transfer.attempt = nil
                let outcome = repeatFault(task, attempt, tries: task.faultTries)
                if case .signal(.waits) = outcome { throw .waiting }
                task.faultTries = 0
            }
            try copyPieces(task, processes[transfer.target].mm, &transfer.copy, transfer.length)
        } catch {
            if error == .waiting {
                // The caller's own side is a fault of the kernel's on its behalf.
                if case .fault(_, _, let own) = task.wait?.kind, own.isUser || begun.attempt != nil {
                    transfer.attempt = FaultAttempt(
                        address: own.address, isWrite: own.isWrite, isFetch: false, isUser: false)
                }
                userfaults.steps.append(.transfer(transfer))
                throw error
            }
            if transfer.copy.done == 0 { throw error }
        }
        return transfer.copy.done
    }

    /// `PVM_MAX_KMALLOC_PAGES` in pointers: the pages that are pinned at a time.
    private static var pinnedAtATime: UInt64 { 1024 }

    /// `process_vm_rw_single_vec`: pins pages of the other side, and copies from or to them.
    private func copyPieces(
        _ task: Process, _ mm: Handle<MMStruct>, _ copy: inout ProcessCopy, _ length: UInt64
    ) throws(Errno) {
        let start = copy.remote &+ copy.done
        var place = start.pageAlignedDown
        var offset = start & 0xfff
        var length = length &- copy.done
        var pages = (start &+ length &- 1) >> 12 &- start >> 12 &+ 1
        while pages > 0, copy.left > 0 {
            let pinned = try pinPages(
                task, mm, place, count: min(pages, Self.pinnedAtATime), for: copy.writes ? .writer : .reader)
            defer { for pfn in pinned { unpinPage(pfn) } }
            let bytes = min(UInt64(pinned.count) << 12 - offset, length)
            let isWhole = copyPinnedPages(task, pinned, &copy, offset, bytes)
            if copy.writes { for pfn in pinned { markDirty(pfn) } }
            if task.wait != nil { throw .waiting }
            if !isWhole { throw refuse(.EFAULT, .badBuffer(copy.local &+ copy.done)) }
            length -= bytes
            offset = 0
            pages -= UInt64(pinned.count)
            place = place &+ UInt64(pinned.count) << 12
        }
    }

    /// `set_page_dirty_lock`.
    private func markDirty(_ pfn: PFN) { if pfn != zeroFrame { markFilePageDirty(folio(of: pfn).head) } }

    /// `process_vm_rw_pages`. - Returns: false where the caller's own memory could not be used.
    private func copyPinnedPages(
        _ task: Process, _ pinned: [PFN], _ copy: inout ProcessCopy, _ first: UInt64, _ bytes: UInt64
    ) -> Bool {
        var offset = first
        var left = bytes
        for pfn in pinned {
            if left == 0 || copy.left == 0 { break }
            var piece = min(4096 - offset, left, copy.left)
            left -= piece
            while piece > 0 {
                let address = copy.local &+ copy.done
                let count = min(piece, 4096 - address & 0xfff)
                guard case .physical(let own) = access(task, address, copy.writes ? .read : .write) else {
                    return false
                }
                let other = PhysicalAddress(pfn << 12 | offset)
                if copy.writes {
                    copyBytes(from: own, to: other, count)
                } else {
                    copyBytes(from: other, to: own, count)
                }
                offset += count
                piece -= count
                copy.done += count
                copy.left -= count
            }
            offset = 0
        }
        return true
    }

    /// As the processor's string instruction does it: byte after byte, upwards, also where the ranges overlap.
    private func copyBytes(from source: PhysicalAddress, to target: PhysicalAddress, _ count: UInt64) {
        if source >> 12 == target >> 12 {
            for byte in 0..<count { frames.setByte(target + byte, frames.byte(source + byte)) }
        } else if count == 4096 {
            frames.copyFrame(from: source >> 12, to: target >> 12)
        } else {
            let bytes = (0..<count).map { frames.byte(source + $0) }
            frames.write(bytes[...], to: target >> 12, offset: Int(target & 0xfff))
        }
    }

    /// process_vm_readv(2) and process_vm_writev(2). - Throws: ESRCH, and as ``copyProcessMemory(_:of:_:_:_:writes:)``.
    package func copyProcessMemory(
        _ process: Int, of target: Int, local: UInt64, remote: UInt64, length: UInt64, writes: Bool
    ) throws(Errno) -> UInt64 {
        let other = try self.task(target)
        let task = try caller(process)
        do { return try copyProcessMemory(task, of: other, local, remote, length, writes: writes) } catch {
            return try concluded(task, error)
        }
    }
}
