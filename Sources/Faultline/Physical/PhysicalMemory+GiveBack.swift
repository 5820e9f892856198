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
            for order in 0...Zone.maxOrder { zone.areas[order].forEach(in: frames) { add($0, 1 << UInt64(order)) } }
            // SAFETY: the list has as many frames as it says.
            for position in 0..<zone.perCPU.count { add(zone.perCPU.frames[position], 1) }
        }
        // SAFETY: the stack has as many frames as it says.
        for position in 0..<tableFrameCount { add(tableFrames[position], 1) }
        runs.sort { $0.first < $1.first }
        var ram = frames.ram
        switch fl_ram_give_back(&ram, runs, UInt64(runs.count)) {
        case FL_OK: return count
        case FL_E_HOST: throw .hostKeepsMemory
        default: preconditionFailure("the free lists hold a frame twice, or one outside of RAM")
        }
    }
}
