extension Machine {
    /// pkey_alloc(2): takes a key and says what the caller may do with pages that have it.
    ///
    /// - Parameter rights: PKEY_DISABLE_ACCESS (1), PKEY_DISABLE_WRITE (2), both or 0.
    /// - Returns: the key, 1 to 15; 0 where that was freed.
    /// - Throws: EINVAL for flags or unknown rights; ENOSPC when no key is free. Where the processor has none: EINVAL at the first call in an
    ///   address space, ENOSPC from then on.
    package func pkeyAlloc(_ process: Int, flags: UInt64 = 0, rights: UInt64 = 0) throws(Errno) -> UInt64 {
        let task = try caller(process)
        let known = UInt64(PKRU.disableAccess | PKRU.disableWrite)
        if flags != 0 { throw refuse(.EINVAL, .argument("flags", .bits(flags), "must be 0")) }
        if rights & ~known != 0 { throw refuse(.EINVAL, .unknownBits("rights", rights, known: known)) }
        guard settings.cpu.protectionKeys else {
            // arch_max_pkey is 1 then, and init_new_context takes no key: the first call gets key 0, and arch_set_user_pkey_access refuses it.
            // mm_pkey_free does not take it back, since it counts as that of PROT_EXEC. A child of fork has it taken too.
            if task.mm.pointee.keys.wasAskedInVain { throw refuse(.ENOSPC, .noKeys("the processor has none")) }
            task.mm.pointee.keys.wasAskedInVain = true
            throw refuse(.EINVAL, .noKeys("the processor has none"))
        }
        guard let key = task.mm.pointee.keys.allocate() else { throw refuse(.ENOSPC, .noKeys("all 16 are taken")) }
        setKeyAccess(task, key, UInt32(rights))
        return key
    }

    /// pkey_free(2): gives a key back. Memory that has it keeps it, and PKRU stays as it is.
    ///
    /// - Throws: EINVAL for a key that pkey_alloc did not give; the one of PROT_EXEC is none of these.
    package func pkeyFree(_ process: Int, key: Int32) throws(Errno) {
        let task = try caller(process)
        guard task.mm.pointee.keys.isAllocated(key) else { throw refuse(.EINVAL, .noKey(key)) }
        task.mm.pointee.keys.free(key)
    }

    /// pkey_mprotect(2): as mprotect, and the memory has the key afterwards. With key -1 it is mprotect.
    ///
    /// - Throws: EINVAL for a key that pkey_alloc did not give, and as mprotect does.
    package func pkeyMprotect(
        _ process: Int, _ address: UInt64, _ length: UInt64, prot: UInt64, key: Int32
    ) throws(Errno) {
        try mprotect(try caller(process), address, length, prot: prot, key: key)
    }

    /// WRPKRU: what the process may do with the pages of each key from now on, two bits a key: 1 closes it, 2 makes it
    /// read-only.
    ///
    /// - Returns: nil, or the signal of a processor that has no such instruction.
    /// - Throws: ESRCH.
    package func writePKRU(_ process: Int, _ value: UInt32) throws(Errno) -> AccessFault? {
        let task = try caller(process)
        guard settings.cpu.protectionKeys else {
            refuse(.signal("SIGILL"), .noKeys("the processor has none"))
            return AccessFault(signal: .invalidOpcode, address: 0)
        }
        writePKRU(task, PKRU(rawValue: value))
        return nil
    }

    /// RDPKRU.
    ///
    /// - Returns: the register, or the signal of a processor that has no such instruction.
    /// - Throws: ESRCH.
    package func readPKRU(_ process: Int) throws(Errno) -> Result<UInt32, AccessFault> {
        let task = try caller(process)
        guard settings.cpu.protectionKeys else {
            refuse(.signal("SIGILL"), .noKeys("the processor has none"))
            return .failure(AccessFault(signal: .invalidOpcode, address: 0))
        }
        return .success(task.pkru.rawValue)
    }
}
