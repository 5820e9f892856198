extension Machine {
    /// Makes accesses one after the other, each as ``access(_:_:_:)`` does, until one ends in a signal: which; nil after the last.
    func access(_ task: Process, _ run: inout AccessRun) -> FaultSignal? {
        while let next = run.next {
            let mm = task.mm
            guard let stop = cpu.mmu.translate(root: mm.pointee.pgd, context: mm.pointee.context, &run) else { break }
            let failed = run.next ?? next
            switch faultingAccess(task, failed.address, failed.kind, stop) {
            case .physical(let physical): run.note(physical)
            case .signal(let signal): return signal
            }
        }
        return nil
    }
}
