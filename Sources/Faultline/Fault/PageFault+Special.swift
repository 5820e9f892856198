extension Machine {
    /// A fault above the addresses that programs have: in kernel memory (`do_kern_addr_fault`), or in the vsyscall page,
    /// which lies there but is the program's (`emulate_vsyscall` of a kernel with `vsyscall=xonly`).
    @inline(never)
    func faultOutsideTask(_ address: VirtualAddress, _ errorCode: UInt32) -> FaultOutcome {
        guard errorCode & PageFaultErrorCode.instruction != 0, address.pageAlignedDown == Vsyscall.page else {
            emit(.pageFaultUser, .kernelAddress, address, UInt64(errorCode))
            refuse(.signal("SIGSEGV"), .kernelAddress(address))
            return .signal(.noMapping)
        }
        emit(.pageFaultUser, .vsyscall, address, UInt64(errorCode))
        if !Vsyscall.isEntry(address) { refuse(.signal("SIGSEGV"), .notVsyscallEntry(address)) }
        return .signal(Vsyscall.isEntry(address) ? .emulatedCall : .generalProtection)
    }

    /// vdso code and its data (`special_mapping_fault`): one page that all processes see, outside of all accounts. A process
    /// that made its code writable gets a copy.
    func faultSpecial(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ flags: FaultFlags) -> FaultOutcome {
        let mm = vma.pointee.mm
        let write = flags.contains(.write)
        if let entry = findPTE(mm, address), entry.pointee != 0 {
            return handlePresent(vma, address, entry, write ? .write : [])
        }
        // vmf_can_call_fault
        noteDroppedLock(flags, address, .lockDriver)
        defer { dropSpareTable() }
        if write { return copySpecial(vma, address) }
        guard takeSpareTable(mm, address) else { return .outOfMemory }
        if !hasSpecialPage(vma, address) { return withoutSpecialPage(vma, address) }
        // vmf_insert_pfn knows nothing of the table that the fault took.
        let spare = cpu.spareTable
        if vma.pointee.flags.has(.pfnMap) { cpu.spareTable = nil }
        let found = allocatePTE(mm, address)
        if vma.pointee.flags.has(.pfnMap) { cpu.spareTable = spare }
        guard let entry = found else { return .outOfMemory }
        entry.pointee = PTE(pfn: zeroFrame, protection: pageProtection(vma)).setting(PTE.specialBit).rawValue
        return .handled(isMajor: false)
    }

    /// `do_cow_fault` of a page of the vdso.
    private func copySpecial(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> FaultOutcome {
        prepareAnonVMA(vma)
        guard let copy = allocateChargedPage(.anonymous) else { return .outOfMemory }
        guard takeSpareTable(vma.pointee.mm, address) else {
            putPage(copy)
            return .outOfMemory
        }
        if !hasSpecialPage(vma, address) {
            putPage(copy)
            return withoutSpecialPage(vma, address)
        }
        guard let entry = allocatePTE(vma.pointee.mm, address) else {
            putPage(copy)
            return .outOfMemory
        }
        mapNewAnonymousPage(copy, vma, address, entry, pageProtection(vma))
        emit(.cowCopied, .privateWrite, address, copy)
        return .handled(isMajor: false)
    }

    private func withoutSpecialPage(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> FaultOutcome {
        emit(.signal, .beyondEnd, address)
        refuse(.signal("SIGBUS"), .noSpecialPage(address, in: vma.pointee.range))
        return .signal(.busError)
    }

    /// `vvar_fault`, `vvar_vclock_fault`: a data page of something that this machine lacks is SIGBUS. It has the time page,
    /// the random-number page and the paravirtual clock, and no time namespace.
    private func hasSpecialPage(_ vma: Handle<VMArea>, _ address: VirtualAddress) -> Bool {
        if !vma.pointee.flags.has(.pfnMap) { return true }
        let page = (address &- vma.pointee.start) >> 12
        return name(of: vma) == "[vvar]" ? page == 0 || page == 2 : page == 0
    }
}

/// The page of fixed addresses that old programs call the kernel through (`arch/x86/entry/vsyscall`).
enum Vsyscall {
    static let page: VirtualAddress = 0xffff_ffff_ff60_0000
    /// The first byte of each entry, which moves the number of a call into RAX.
    static let firstByte: UInt8 = 0x48

    /// `addr_to_vsyscall_nr`: gettimeofday, time and getcpu, 1 KiB apart.
    static func isEntry(_ address: VirtualAddress) -> Bool {
        let offset = address &- page
        return offset & 0x3ff == 0 && offset >> 10 < 3
    }
}
