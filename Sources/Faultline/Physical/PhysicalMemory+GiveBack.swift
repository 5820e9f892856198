import CShim

extension PhysicalMemory {
    /// Gives the host the memory of all free frames back; those that nobody ever had cost it nothing.
    ///
    /// A frame that is handed out has no line of its contents yet, so that it reads zero whatever the host keeps of it.
    ///
    /// - Returns: how many frames.
    /// - Throws: ``MachineError/hostKeepsMemory``.
    func giveBackFree() throws(MachineError) -> UInt64 {
        var runs: [fl_frame_run] = []
        var count: UInt64 = 0
        func add(_ first: PFN, _ length: UInt64) {
            runs.append(fl_frame_run(first: first, count: length))
            count += length
        }
        for zone in zones {
            for order in 0...Zone.maxOrder {
                for type in MigrateType.allCases {
                    zone.areas[order].forEach(type, in: frames) { add($0, 1 << UInt64(order)) }
                }
            }
            for list in 0..<PerCPUPages.listCount {
                let order = PerCPUPages.order(ofList: list)
                zone.perCPU.rings[list].forEach { add($0, 1 << UInt64(order)) }
            }
        }
        runs.sort { $0.first < $1.first }
        var ram = frames.ram
        switch fl_ram_give_back(&ram, runs, UInt64(runs.count)) {
        case FL_OK: return count
        case FL_E_HOST: throw .hostKeepsMemory
        default: preconditionFailure("the free lists hold a frame twice, or one outside of RAM")
        }
    }
}
