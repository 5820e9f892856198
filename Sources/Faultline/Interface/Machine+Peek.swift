/// Memory as a debugger reads it: no fault is taken, and nothing is marked as used.
extension Machine {
    /// Bytes of a process's memory, up to the first that no page is there for.
    ///
    /// - Parameter count: how many at most.
    /// - Throws: ESRCH.
    public func peek(_ process: ProcessID, at address: VirtualAddress, count: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        var place = address
        while bytes.count < count, let physical = try walk(process, at: place)?.physicalAddress {
            let inPage = min(count - bytes.count, Int(PageSize.base - place % PageSize.base))
            bytes += peek(at: physical, count: inPage)
            place += UInt64(inPage)
        }
        return bytes
    }

    /// Bytes of simulated RAM, up to its end.
    public func peek(at address: PhysicalAddress, count: Int) -> [UInt8] {
        let end = frames.endFrame << 12
        guard address < end else { return [] }
        return (address..<min(address + UInt64(count), end)).map(frames.byte)
    }

    /// The pages that wait in the CPU's batches for a list (`struct cpu_fbatches`), by the batch's name in the kernel.
    public var folioBatches: [(name: String, frames: [PFN])] {
        [
            ("lru_add", cpu.batches.add.contents), ("lru_activate", cpu.batches.activate.contents),
            ("lru_deactivate", cpu.batches.deactivate.contents), ("lru_lazyfree", cpu.batches.lazyFree.contents),
            ("mlock_fbatch", cpu.batches.lock.map(\.pfn)),
        ]
    }

    /// Every frame that a process maps, that a file has, or that is a page table, in the order of numbers.
    public var usedFrames: [PFN] {
        var used: Set<PFN> = []
        for process in liveProcesses {
            for table in (try? pageTables(process)) ?? [] { used.insert(table.frame) }
            try? forEachEntry(process, in: 0..<AddressSpaceLimit.taskSize) { _, raw in
                let entry = PTE(rawValue: raw)
                if entry.isPresent, !entry.isSpecial { used.insert(entry.pfn) }
            }
        }
        for file in files { used.formUnion(file.pages.map(\.frame)) }
        return used.sorted()
    }
}
