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

/// An access of the kernel's own: where it comes from, as far as an oops tells of it.
struct KernelAccess {
    let address: VirtualAddress
    let kind: AccessKind
    /// What a write writes.
    var value: UInt8 = 0
    /// Whether the instruction has a row in the exception table (`__ex_table`), so that a fault is no oops.
    var isFixedUp = false

    /// The one of the simulated kernel's two routines that makes it.
    var routine: KernelRoutine { kind == .read ? .load : .store }
}

extension Machine {
    /// `handle_page_fault` of an address of the kernel's, `do_kern_addr_fault` and `kernelmode_fixup_or_oops`, in their order: a watch on
    /// the memory (kmmio), a stale right of the TLB, the place of kprobes, the exception table, the guard page of a stack, and last
    /// the oops. The area of vmalloc has no place here: every top-level table has all of its entries.
    ///
    /// - Returns: whether the access is made once more; else it is left out, or the kernel has stopped what it did (`hasOopsed`).
    func handleKernelFault(_ access: KernelAccess, _ code: UInt32) -> Bool {
        if stepOverWatch(access) || isSpuriousFault(access.address, code) { return true }
        if let probe = kernelProbe {
            switch probe(KernelFault(address: access.address, errorCode: code)) {
            case .retry: return true
            case .skip: return false
            case .notMine: break
            }
        }
        if access.isFixedUp { return false }
        if let stack = guardedStack(access.address) {
            reportStackOverflow(access, stack)
        } else {
            reportPageFault(access, code)
        }
        return false
    }

    /// `spurious_kernel_fault`: the tables allow the access by now, as they do after a right was given whose flush another CPU has still
    /// to make. Only violations of a page that is there can be such, of writes and of fetches.
    private func isSpuriousFault(_ address: VirtualAddress, _ code: UInt32) -> Bool {
        guard code == 3 || code == 17, let (entry, _) = kernelEntry(address), entry.pointee & PTE.presentBit != 0 else {
            return false
        }
        return code == 3 ? entry.pointee & PTE.writeBit != 0 : entry.pointee & PTE.noExecuteBit == 0
    }

    // MARK: Reports

    /// `handle_stack_overflow`.
    private func reportStackOverflow(_ access: KernelAccess, _ stack: VirtualAddress) {
        let end = stack &+ Self.kernelStackBytes
        let (low, high) = (pointerText(stack).dropFirst(2), pointerText(end).dropFirst(2))
        let place = pointerText(access.address).dropFirst(2)
        printk("BUG: TASK stack guard page was hit at \(place) (stack is \(low)..\(high))")
        printDie("stack guard page", 0)
        endOops(access.routine.name, access)
    }

    /// `show_fault_oops` and what follows.
    private func reportPageFault(_ access: KernelAccess, _ code: UInt32) {
        let digits = pointerText(access.address).dropFirst(2)
        if access.address < PageSize.base {
            printk("BUG: kernel NULL pointer dereference, address: \(digits)")
        } else {
            printk("BUG: unable to handle page fault for address: \(digits)")
        }
        printk("#PF: supervisor \(code & 2 != 0 ? "write" : "read") access in kernel mode")
        printk(
            "#PF: error_code(0x\(Self.hex4(code))) - \(code & 1 == 0 ? "not-present page" : "permissions violation")")
        printk(tableText(access.address))
        printDie("Oops", code)
        endOops(access.routine.name, access, tellsAddress: true)
    }

    /// `__die_header`.
    func printDie(_ what: String, _ code: UInt32) {
        printk("Oops: \(what): \(Self.hex4(code)) [#\(kernel.oopsCount + 1)] SMP NOPTI")
    }

    private static func hex4(_ code: UInt32) -> String {
        let digits = String(code, radix: 16)
        return String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    }

    /// `dump_pagetable`: the entries on the way, down to the one that stops it.
    private func tableText(_ address: VirtualAddress) -> String {
        var table = frames.table(kernelRoot)
        var text = ""
        for (name, shift) in [("PGD", 39), ("PUD", 30), ("PMD", 21), ("PTE", 12)] as [(String, UInt64)] {
            let entry = table[PageTableLevel.index(address, shift)]
            text += "\(name) \(String(entry, radix: 16))" + (shift == 12 ? "" : " ")
            // With four levels the second is folded into the first.
            if shift == 39, entry & PTE.presentBit != 0 { text += "P4D \(String(entry, radix: 16)) " }
            guard entry & PTE.presentBit != 0, entry & PTE.pageSizeBit == 0, shift > 12 else { break }
            let pfn = (entry & PTE.addressMask) >> 12
            guard pfn < frames.endFrame else { break }
            table = frames.table(pfn)
        }
        return text
    }
}
