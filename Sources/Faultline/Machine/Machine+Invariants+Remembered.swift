extension Machine {
    /// What the machine remembers to find it faster next time is still there, and is what a search would find.
    func checkRemembered() -> String? {
        var contexts: Set<UInt32> = []
        for (process, mm) in liveAddressSpaces {
            if !contexts.insert(mm.pointee.context).inserted {
                return "process \(process.index) has the TLB context of another one"
            }
            if let problem = checkFaultCache(mm) { return "process \(process.index): \(problem)" }
        }
        return checkRememberedByCPU()
    }

    func checkRememberedByCPU() -> String? {
        checkLastTable() ?? checkSpareTable() ?? checkMigration() ?? checkCurrent()
    }

    private func checkMigration() -> String? {
        migration.map { "frame \($0.source) is on its way to another one, and no call is under way" }
    }

    private func checkSpareTable() -> String? {
        cpu.spareTable.map { "frame \($0) is the table of a fault that has ended" }
    }

    /// The VMA of the last fault is one of the address space's. It is looked for by its identity: its record may be gone.
    private func checkFaultCache(_ mm: Handle<MMStruct>) -> String? {
        guard let cached = mm.pointee.faultCache else { return nil }
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            if vma == cached { return vma.pointee.mm == mm ? nil : "the fault cache has another address space's VMA" }
        }
        return "the fault cache has a VMA that is gone"
    }

    /// The last-level table of the last fault hangs where its key says.
    private func checkLastTable() -> String? {
        if cpu.lastTable.key == LastTable.none { return nil }
        let pgd = cpu.lastTable.key >> 27
        let address = cpu.lastTable.key << PageTableLevel.pmd & (1 << 48 - 1)
        let place = "0x" + String(address, radix: 16)
        guard let owner = processes.first(where: { $0.isAlive && $0.mm.pointee.pgd == pgd }) else {
            return "the last table, of \(place), belongs to an address space that is gone"
        }
        guard case .entry(let table) = lookup(owner.mm, address) else {
            return "the last table, of \(place) of process \(owner.index), is gone"
        }
        return table == cpu.lastTable.entries
            ? nil : "the last table, of \(place) of process \(owner.index), is not the one that hangs there"
    }

    /// The process that runs on the CPU is the one with its index, and lives.
    private func checkCurrent() -> String? {
        guard let running = cpu.task else { return nil }
        let index = Int(cpu.current)
        guard processes.indices.contains(index), processes[index].isAlive else {
            return "the process on the CPU, \(index), is gone"
        }
        let isSame = Unmanaged.passUnretained(processes[index]).toOpaque() == running.toOpaque()
        return isSame ? nil : "the process on the CPU is not the one of its index, \(index)"
    }
}
