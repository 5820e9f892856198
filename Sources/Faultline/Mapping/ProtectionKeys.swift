/// The protection keys of an address space (`mm_context_t`, `arch/x86/include/asm/mmu.h`).
struct ProtectionKeys: Equatable {
    /// `pkey_allocation_map`, a bit a key; 0 where the processor has no keys, key 0 included.
    private(set) var allocated: UInt16 = 0
    /// `execute_only_pkey`: the key of memory that may only be executed; nil until it is needed. The program cannot name it.
    var executeOnly: UInt64?

    /// A processor without keys has key 0 to give once: the attempt fails, and does not give it back.
    var wasAskedInVain = false

    /// Those of a new address space (`init_new_context`): key 0 is taken.
    init(hasKeys: Bool) { allocated = hasKeys ? 1 : 0 }

    /// `mm_pkey_is_allocated`, for what a program gives as a key.
    func isAllocated(_ key: Int32) -> Bool {
        guard key >= 0, key < PKRU.keyCount, executeOnly != UInt64(key) else { return false }
        return allocated & 1 << UInt16(key) != 0
    }

    /// `mm_pkey_alloc`: the lowest key that is free, or nil.
    mutating func allocate() -> UInt64? {
        if allocated == .max { return nil }
        let key = (~allocated).trailingZeroBitCount
        allocated |= 1 << UInt16(key)
        return UInt64(key)
    }

    /// `mm_set_pkey_free`.
    mutating func free(_ key: Int32) { allocated &= ~(1 << UInt16(key)) }
}

extension Machine {
    /// `arch_vma_access_permitted`: whether the thread's PKRU permits an access to a VMA's data. It has no say in
    /// fetches, nor in accesses to another process's memory.
    @inline(__always)
    func keyPermits(_ task: Process, _ vma: Handle<VMArea>, write: Bool) -> Bool {
        task.pkru.allows(vma.pointee.flags.protectionKey, write: write)
    }

    /// Writes the register of a process; the processor has it where that process is `current`.
    func writePKRU(_ task: Process, _ value: PKRU) {
        task.pkru = value
        if task.index == Int(cpu.current) { cpu.mmu.writePKRU(value) }
        if !windows.isEmpty { windows.setPKRU(process: task.index, value) }
    }

    /// `execute_only_pkey`: the key for memory that may be executed and nothing else. It is taken at the first need, and its
    /// access is closed in the thread that asks.
    ///
    /// - Returns: nil where the processor has no keys, or all are taken.
    func executeOnlyKey(_ task: Process) -> UInt64? {
        guard settings.cpu.protectionKeys else { return nil }
        if let key = task.mm.pointee.keys.executeOnly {
            // Only a thread that could read is kept from it.
            if task.pkru.allows(key, write: false) { setKeyAccess(task, key, PKRU.disableAccess) }
            return key
        }
        guard let key = task.mm.pointee.keys.allocate() else { return nil }
        setKeyAccess(task, key, PKRU.disableAccess)
        task.mm.pointee.keys.executeOnly = key
        return key
    }

    /// `arch_set_user_pkey_access`.
    func setKeyAccess(_ task: Process, _ key: UInt64, _ denials: UInt32) {
        writePKRU(task, task.pkru.setting(key, denials))
    }

    /// `arch_override_mprotect_pkey`: the key that a VMA has after mprotect. PROT_EXEC alone gives it the execute-only key,
    /// anything else takes that away again; every other key stays.
    func keyAfterProtect(_ task: Process, _ vma: Handle<VMArea>, _ prot: UInt64, requested: Int32) -> UInt64 {
        if requested != -1 { return UInt64(requested) }
        let flags = vma.pointee.flags
        if prot == VMFlags.exec.rawValue {
            // Key 0, where the program has freed it, counts as none here.
            if let key = executeOnlyKey(task), key > 0 { return key }
        } else if flags.intersection(.access) == .exec, flags.protectionKey == task.mm.pointee.keys.executeOnly {
            return 0
        }
        return flags.protectionKey
    }
}
