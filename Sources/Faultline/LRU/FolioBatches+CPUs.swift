/// The batches of all CPUs.
extension Machine {
    /// `lru_add_drain_all`, `lru_cache_disable`: everything that waits on any CPU.
    func drainAllBatches() {
        drainBatches()
        for case let other? in processors.parked {
            Swift.swap(&cpu.batches, &other.cpu.batches)
            drainBatches()
            Swift.swap(&cpu.batches, &other.cpu.batches)
        }
    }

    /// What is done elsewhere is done on another CPU, where there is one, and drains its batches.
    func drainNextCPU() {
        guard let other = processors.parked.lazy.compactMap({ $0 }).first else { return }
        Swift.swap(&cpu.batches, &other.cpu.batches)
        drainBatches()
        Swift.swap(&cpu.batches, &other.cpu.batches)
    }

    /// What waits in the batches of each CPU, by its number, for those who look at it.
    var batchesOfCPUs: [FolioBatches] {
        if !processors.areSeveral { return [cpu.batches] }
        return processors.parked.map { $0?.cpu.batches ?? cpu.batches }
    }
}
