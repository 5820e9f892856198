/// What the kernel says where it comes upon an error of its own, in the words of its log.
extension Machine {
    /// Hexadecimal digits behind `0x`.
    func kernelHex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    /// `BUG()`: the process that ran into it ends.
    func reportBug(_ site: KernelSite) {
        printk("------------[ cut here ]------------")
        printk("kernel BUG at \(site.file):\(site.line)!")
        printDie("invalid opcode", 0)
        endOops(nil, site: site)
    }

    /// A general protection fault: an address that is not canonical, as a corrupt pointer mostly is.
    func reportProtectionFault(address: VirtualAddress, during function: String, _ access: KernelAccess? = nil) {
        let digits = String(address, radix: 16)
        let isCanonical = address < 1 << 47 || address >= KernelLayout.upperHalf
        if isCanonical {
            printk("BUG: unable to handle page fault for address: \(pointerText(address).dropFirst(2))")
            printk("#PF: supervisor read access in kernel mode")
            printk("#PF: error_code(0x0000) - not-present page")
            printDie("Oops", 0)
        } else {
            printDie("general protection fault, probably for non-canonical address 0x\(digits)", 0)
        }
        endOops(function, access)
    }

    /// The part that all have in common: `show_regs` and `oops_end`. Registers and code are those of the simulated kernel's routine; what
    /// has none, such as a slab cache that finds a pointer of its own corrupt, shows the function alone.
    ///
    /// - Parameters:
    ///   - function: what ran, where no register tells.
    ///   - site: where a `BUG` is.
    ///   - tellsAddress: a page fault's address is told once more behind the trace.
    func endOops(
        _ function: String?, _ access: KernelAccess? = nil, site: KernelSite? = nil, tellsAddress: Bool = false
    ) {
        printProcess()
        printRegisters(access, site)
        printCallTrace(in: access == nil ? function : nil)
        if tellsAddress, let access { printk("CR2: \(pointerText(access.address).dropFirst(2))") }
        printk("---[ end trace 0000000000000000 ]---")
        // The summary, in case the above has scrolled away.
        printRegisters(access, site)
        kernel.oopsCount += 1
        kernel.taints.insert(.die)
        kernel.hasOopsed = true
        kernel.wasMisused = true
    }

    /// The process id that reports name.
    var reportedProcess: Int { cpu.current < 0 ? 0 : 1000 + Int(cpu.current) }

    /// `show_regs_print_info`.
    func printProcess() {
        printk(
            "CPU: \(cpu.number) UID: 0 PID: \(reportedProcess) Comm: process \(max(cpu.current, 0)) \(kernel.taint) "
                + "\(Faultline.modelledKernel) #1 PREEMPT(none) ")
        if !kernel.taints.isEmpty { printk(kernel.taints.names) }
    }

    /// `show_trace_log_lvl`: the program's line stands in the place of callers.
    func printCallTrace(in function: String? = nil) {
        printk("Call Trace:")
        printk(" <TASK>")
        if let function { printk(" \(function)") }
        printk(kernel.callLine > 0 ? " line:\(kernel.callLine)" : " kernel")
        printk(" </TASK>")
    }

    private func printRegisters(_ access: KernelAccess?, _ site: KernelSite?) {
        if let access { printRegisters(access) }
        if let site { printk("RIP: 0010:\(site.symbol)") }
    }

    /// `__show_regs`. The routine has its argument in RDI, and in RSI what it writes; it uses no others.
    private func printRegisters(_ access: KernelAccess) {
        func hex(_ value: UInt64) -> String { String(pointerText(value).dropFirst(2)) }
        let zero = hex(0)
        let stack = cpu.current < 0 ? nil : kernel.objects.stacks[Int(cpu.current)]
        // Below the registers of the system call, and the return address.
        let pointer = stack.map { $0 + Self.kernelStackBytes - 21 * 8 - 8 } ?? 0
        printk("RIP: 0010:\(access.routine.symbol)")
        printk(access.routine.codeText)
        printk("RSP: 0018:\(hex(pointer)) EFLAGS: 00010246")
        printk("RAX: \(zero) RBX: \(zero) RCX: \(zero)")
        printk("RDX: \(zero) RSI: \(hex(UInt64(access.value))) RDI: \(hex(access.address))")
        printk("RBP: \(zero) R08: \(zero) R09: \(zero)")
        printk("R10: \(zero) R11: \(zero) R12: \(zero)")
        printk("R13: \(zero) R14: \(zero) R15: \(zero)")
        printk("FS:  \(zero)(0000) GS:\(hex(perCPUBase))(0000) knlGS:\(zero)")
        printk("CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033")
        let root = kernelRoot << 12 | UInt64(kernelContext & cpu.mmu.pcidMask)
        printk("CR2: \(hex(cpu.mmu.faultAddress)) CR3: \(hex(root)) CR4: \(hex(controlRegister4))")
        if settings.cpu.protectionKeys {
            let digits = String(cpu.mmu.pkru.rawValue, radix: 16)
            printk("PKRU: \(String(repeating: "0", count: 8 - digits.count))\(digits)")
        }
    }

    /// GS.base: the offset of the CPU's per-CPU memory; 0 while there is none.
    private var perCPUBase: UInt64 { kernel.perCPU.isUp ? perCPUOffset(0) : 0 }

    /// CR4 as the simulated processor has it: DE, PSE, PAE, MCE, PGE, OSFXSR, OSXMMEXCPT, PCIDE, OSXSAVE, SMEP, SMAP, and PKE.
    private var controlRegister4: UInt64 { 0x36_06f8 | (settings.cpu.protectionKeys ? 1 << 22 : 0) }
}
