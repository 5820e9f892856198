/// What a probe says of a fault of the kernel's.
public enum ProbeAnswer: Sendable {
    /// The fault is not the probe's.
    case notMine
    /// The probe has mended it: the access is made once more.
    case retry
    /// The access is left out, as `fixup_exception` of an exception table does: a read gives 0xff bytes, a write is lost.
    case skip
}

/// A fault that the kernel took at one of its own addresses.
public struct KernelFault: Sendable, Equatable {
    /// Bytes.
    public let address: UInt64
    /// The error code of #PF.
    public let errorCode: UInt32
    /// True for a write.
    public var isWrite: Bool { errorCode & 2 != 0 }
}

extension Machine {
    /// `do_kern_addr_fault` and `kernelmode_fixup_or_oops`, in their order: a stale right of the TLB, the probes, the exception
    /// tables, and last the oops. The area of vmalloc has no place here: every top-level table has all of its entries.
    ///
    /// - Returns: true where the access is made once more.
    func handleKernelFault(_ address: VirtualAddress, _ code: UInt32, _ kind: AccessKind) -> Bool {
        if isSpuriousFault(address, code) { return true }
        if let probe = kernelProbe {
            switch probe(KernelFault(address: address, errorCode: code)) {
            case .retry: return true
            case .skip: return false
            case .notMine: break
            }
        }
        let function = kind == .read ? "kload" : "kstore"
        if let stack = guardedStack(address) {
            reportStackOverflow(address, stack, during: function)
        } else {
            reportPageFault(address, code, during: function)
        }
        return false
    }

    /// `spurious_kernel_fault`: the tables allow the access by now. The walk that failed has just read them, so that it cannot be.
    private func isSpuriousFault(_ address: VirtualAddress, _ code: UInt32) -> Bool {
        guard code == 3, let (entry, _) = kernelEntry(address) else { return false }
        return entry.pointee & PTE.writeBit != 0 && entry.pointee & PTE.presentBit != 0
    }

    /// `handle_stack_overflow`.
    private func reportStackOverflow(_ address: VirtualAddress, _ stack: VirtualAddress, during function: String) {
        let end = stack &+ Self.kernelStackBytes
        let (low, high) = (pointerText(stack).dropFirst(2), pointerText(end).dropFirst(2))
        printk("BUG: TASK stack guard page was hit at \(pointerText(address).dropFirst(2)) (stack is \(low)..\(high))")
        printk("Oops: stack guard page: 0000 [#\(kernel.oopsCount + 1)] SMP")
        endOops(function)
    }

    /// `show_fault_oops` and what follows.
    private func reportPageFault(_ address: VirtualAddress, _ code: UInt32, during function: String) {
        let digits = pointerText(address).dropFirst(2)
        if address < PageSize.base {
            printk("BUG: kernel NULL pointer dereference, address: \(digits)")
        } else {
            printk("BUG: unable to handle page fault for address: \(digits)")
        }
        printk("#PF: supervisor \(code & 2 != 0 ? "write" : "read") access in kernel mode")
        let hexadecimal = String(code, radix: 16)
        let padded = String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        printk("#PF: error_code(0x\(padded)) - \(code & 1 == 0 ? "not-present page" : "permissions violation")")
        printk(tableText(address))
        printk("Oops: Oops: \(padded) [#\(kernel.oopsCount + 1)] SMP")
        endOops(function)
    }

    /// `dump_pagetable`: the entries on the way, down to the one that stops it.
    private func tableText(_ address: VirtualAddress) -> String {
        let root = cpu.task.map { $0._withUnsafeGuaranteedRef { $0.mm.pointee.pgd } } ?? kernel.initMM.pgd
        var table = frames.table(root)
        var text: [String] = []
        for (name, shift) in [("PGD", 39), ("PUD", 30), ("PMD", 21), ("PTE", 12)] as [(String, UInt64)] {
            let entry = table[PageTableLevel.index(address, shift)]
            text.append("\(name) \(String(entry, radix: 16))")
            // With four levels the second is folded into the first.
            if shift == 39 { text.append("P4D \(String(entry, radix: 16))") }
            guard entry & PTE.presentBit != 0, entry & PTE.pageSizeBit == 0, shift > 12 else { break }
            let pfn = (entry & PTE.addressMask) >> 12
            guard pfn < frames.endFrame else { break }
            table = frames.table(pfn)
        }
        return text.joined(separator: " ") + " "
    }
}
