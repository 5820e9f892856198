extension Machine {
    /// `mem_rw` (`fs/proc/base.c`): reads or writes memory of a process through /proc/PID/mem. The faults that it takes count for
    /// the caller.
    ///
    /// - Parameter byte: what to write; nil reads.
    /// - Returns: the bytes done.
    /// - Throws: EACCES for the memory of a process that the caller may not look into, EIO where not even the first page can be had.
    func accessMemory(
        _ task: Process, of target: Process, _ address: VirtualAddress, _ length: UInt64, byte: UInt8?
    ) throws(Errno) -> UInt64 {
        if !mayReachMemory(task, of: target) {
            let isDumpable = target.mm.pointee.isDumpable
            throw refuse(.EACCES, .memoryOfOther(user: task.user, target: target.user, isDumpable: isDumpable))
        }
        if address > UInt64(Int64.max) { throw refuse(.EINVAL, .badPosition(address, length)) }
        var done: UInt64 = 0
        while done < length {
            let place = address &+ done
            let count = min(length - done, PageSize.base - place & (PageSize.base - 1))
            guard let pfn = remotePage(task, target.mm, place, write: byte != nil) else { break }
            if let byte {
                let bytes = [UInt8](repeating: byte, count: Int(count))
                frames.write(bytes[...], to: pfn, offset: Int(place & (PageSize.base - 1)))
                markFilePageDirty(folio(of: pfn).head)
            }
            done += count
        }
        if done == 0, length > 0 { throw refuse(.EIO, remoteRule(target.mm, address, write: byte != nil)) }
        return done
    }

    /// Why the page at the address cannot be had.
    private func remoteRule(_ mm: Handle<MMStruct>, _ address: VirtualAddress, write: Bool) -> Refusal.Rule {
        guard let vma = lookupVMA(mm, address) else { return .nothingMapped(at: address) }
        if Self.isForced(vma.pointee.flags, write: write) { return .cannotPopulate(address, "a fault there fails") }
        return .accessDenied(vma.pointee.range, vma.pointee.flags.permissions, write ? "write" : "read")
    }

    /// `get_user_page_vma_remote` with FOLL_FORCE, and the growth of a stack that `__access_remote_vm` tries.
    private func remotePage(
        _ task: Process, _ mm: Handle<MMStruct>, _ address: VirtualAddress, write: Bool
    ) -> PFN? {
        guard let vma = findVMA(mm, address) else { return nil }
        if vma.pointee.start > address {
            guard vma.pointee.flags.has(.growsDown), growStack(task, vma, address) else { return nil }
        }
        guard Self.isForced(vma.pointee.flags, write: write) else { return nil }
        // A fault makes an entry that can be followed; only the first write to a page that is mapped for reading faults again.
        for _ in 0..<4 {
            let pte = readPTE(mm, address)
            if pte.isPresent, !write || canFollowForWriting(pte, vma.pointee.flags) {
                followTouching(mm, address, pte, write: write)
                return pte.pfn
            }
            switch handleFault(task, vma, address, flags: write ? [.withoutRestart, .write] : .withoutRestart) {
            case .handled: continue
            case .signal, .outOfMemory: return nil
            }
        }
        preconditionFailure("a page of another process cannot be followed after three faults")
    }

    /// `check_vma_flags` with FOLL_FORCE: protection counts only for shared memory that is written.
    private static func isForced(_ flags: VMFlags, write: Bool) -> Bool {
        if flags.hasAny([.io, .pfnMap]) { return false }
        if write { return flags.has(.write) || (flags.has(.mayWrite) && !flags.has(.shared)) }
        return flags.hasAny([.read, .mayRead])
    }

    /// `can_follow_write_pte`: an entry that is not writable will do where only the VMA's protection makes it so.
    private func canFollowForWriting(_ pte: PTE, _ flags: VMFlags) -> Bool {
        if pte.isWritable { return true }
        if flags.hasAny([.write, .shared, .mayShare]) || !flags.has(.mayWrite) || pte.isSpecial { return false }
        let folio = folio(of: pte.pfn)
        let record = folio.entireMapCount > 0 ? folio.head : folio.record(pte.pfn)
        return folio.isAnonymous && record.pointee.has(PageFlag.anonExclusive)
    }

    /// Reads another process's memory, or its own, through /proc/PID/mem. - Returns: how many bytes could be read.
    /// - Throws: EIO where there is none, EINVAL for an address above 2^63, ESRCH.
    package func readMemory(
        _ process: Int, of target: Int, _ address: VirtualAddress, _ length: UInt64
    ) throws(Errno) -> UInt64 {
        let other = try task(target)
        return try accessMemory(try caller(process), of: other, address, length, byte: nil)
    }

    /// Writes a byte all over a range through /proc/PID/mem, whatever the protection of private pages (FOLL_FORCE).
    /// - Returns: how many bytes could be written. - Throws: as ``readMemory(_:of:_:_:)``.
    package func writeMemory(
        _ process: Int, of target: Int, _ address: VirtualAddress, _ length: UInt64, byte: UInt8
    ) throws(Errno) -> UInt64 {
        let other = try task(target)
        return try accessMemory(try caller(process), of: other, address, length, byte: byte)
    }
}
