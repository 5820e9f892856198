/// What a checkpoint has of the CPUs on which nothing runs at the moment.
struct SavedProcessors {
    /// The one that runs.
    let running: Int
    fileprivate let others: [SavedCPU]
    fileprivate let deaf: UInt64
}

private struct SavedCPU {
    let number: Int
    let mmu: MMU.Saved
    let batches: FolioBatches
    let current: Int32
    let task: Unmanaged<Process>?
}

extension Machine {
    /// Copies the other CPUs; nil while uses of their TLBs are compared.
    func saveProcessors(into image: inout MemoryImage) -> SavedProcessors? {
        var others: [SavedCPU] = []
        for case let other? in processors.parked {
            guard let mmu = other.cpu.mmu.save(into: &image) else { return nil }
            others.append(
                SavedCPU(
                    number: other.cpu.number, mmu: mmu, batches: other.cpu.batches, current: other.cpu.current,
                    task: other.cpu.task))
        }
        return SavedProcessors(running: cpu.number, others: others, deaf: processors.deaf)
    }

    /// Puts them back; afterwards the CPU that ran is ``cpu``. CPUs are brought up before the first checkpoint.
    func restore(processors saved: SavedProcessors) {
        processors.gathers = []
        processors.deaf = saved.deaf
        if saved.running != cpu.number, let wanted = processors.parked[saved.running] {
            processors.parked[cpu.number] = wanted
            processors.parked[saved.running] = nil
            Swift.swap(&cpu, &wanted.cpu)
        }
        for other in saved.others {
            guard let place = processors.parked[other.number] else { preconditionFailure("a CPU is not in its place") }
            place.cpu.mmu.restore(other.mmu)
            place.cpu.batches = other.batches
            place.cpu.lastTable = LastTable(key: LastTable.none, entries: place.cpu.lastTable.entries)
            (place.cpu.current, place.cpu.task) = (other.current, other.task)
        }
    }
}
