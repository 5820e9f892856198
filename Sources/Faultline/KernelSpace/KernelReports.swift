/// What the kernel says where it comes upon an error of its own, in the words of its log.
extension Machine {
    /// Hexadecimal digits behind `0x`.
    func kernelHex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    /// `BUG()`: the process that ran into it ends.
    func reportBug(file: String, during function: String) {
        printk("------------[ cut here ]------------")
        printk("kernel BUG at \(file)!")
        printk("Oops: invalid opcode: 0000 [#\(kernel.oopsCount + 1)] SMP")
        endOops(function)
    }

    /// A general protection fault: an address that is not canonical, as a corrupt pointer mostly is.
    func reportProtectionFault(address: VirtualAddress, during function: String) {
        let digits = String(address, radix: 16)
        let isCanonical = address < 1 << 47 || address >= KernelLayout.upperHalf
        if isCanonical {
            printk("BUG: unable to handle page fault for address: \(pointerText(address).dropFirst(2))")
            printk("#PF: supervisor read access in kernel mode")
            printk("#PF: error_code(0x0000) - not-present page")
            printk("Oops: Oops: 0000 [#\(kernel.oopsCount + 1)] SMP")
        } else {
            printk(
                "Oops: general protection fault, probably for non-canonical address 0x\(digits): 0000 "
                    + "[#\(kernel.oopsCount + 1)] SMP")
        }
        endOops(function)
    }

    /// The part that all have in common. The kernel's own code is no code of the simulated machine: its registers and instructions
    /// are not shown.
    func endOops(_ function: String) {
        let process = cpu.current < 0 ? 0 : 1000 + Int(cpu.current)
        printk("CPU: 0 UID: 0 PID: \(process) \(kernel.taint) \(Faultline.modelledKernel)")
        printk("Call Trace:")
        printk(" <TASK>")
        printk(" \(function)")
        printk(" </TASK>")
        printk("---[ end trace 0000000000000000 ]---")
        kernel.oopsCount += 1
        kernel.isTainted = true
        kernel.hasOopsed = true
        kernel.wasMisused = true
    }
}
