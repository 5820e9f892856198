/// A machine's whole state at one moment, which ``Machine/restore(_:)`` of the same machine brings back.
///
/// The machine's records refer to each other by their places in the host's memory, so that a copy elsewhere would be of no use.
/// But the places stay, and a checkpoint is a copy of their contents.
public struct MachineCheckpoint {
    /// Bytes that it takes beside what it shares with the one before.
    public let storedBytes: Int
    let image: MemoryImage
    /// Sets what does not lie in the image.
    let putBack: [(Machine) -> Void]
    /// The machine that it is of.
    let machine: ObjectIdentifier
}

extension Machine {
    /// Notes the state as it is now. Costs a copy of the machine's records and of the memory that programs filled.
    ///
    /// - Parameter previous: the checkpoint before; what did not change since is shared with it.
    /// - Returns: nil while ``checksCoherence`` is on: the check remembers what a checkpoint does not hold.
    public func checkpoint(after previous: MachineCheckpoint? = nil) -> MachineCheckpoint? {
        var image = MemoryImage(after: previous?.image)
        guard let savedMMU = cpu.mmu.save(into: &image) else { return nil }
        let (batches, lastTable, current, task) = (cpu.batches, cpu.lastTable, cpu.current, cpu.task)
        guard let savedProcessors = saveProcessors(into: &image) else { return nil }
        let savedPhysical = physical.save(into: &image)
        let savedDisk = disk.save(into: &image)
        let savedSwap = swap.save(into: &image)
        var putBack = [
            { (machine: Machine) in
                machine.restore(processors: savedProcessors)
                machine.cpu.mmu.restore(savedMMU)
                (machine.cpu.batches, machine.cpu.lastTable, machine.cpu.spareTable) = (batches, lastTable, nil)
                (machine.cpu.current, machine.cpu.task) = (current, task)
                machine.physical.restore(savedPhysical)
                machine.disk.restore(savedDisk)
                machine.swap.restore(savedSwap)
            }
        ]
        putBack.append(saveArenas(into: &image))
        putBack.append(saveValues())
        putBack += processes.map(Self.save)
        image = image.finished()
        return MachineCheckpoint(
            storedBytes: image.storedBytes, image: image, putBack: putBack, machine: ObjectIdentifier(self))
    }

    /// Goes back to a checkpoint, or on to one: later ones stay good for as long as the same calls are made. Events, kills and
    /// the like that were not taken are gone.
    ///
    /// - Precondition: the checkpoint is this machine's.
    public func restore(_ checkpoint: MachineCheckpoint) {
        precondition(checkpoint.machine == ObjectIdentifier(self), "a checkpoint is of the machine that made it")
        // No flush tells them.
        windows.forEach { $0.hide() }
        for set in checkpoint.putBack { set(self) }
        checkpoint.image.putBack()
        refreshWindows()
        events.removeAll(keepingCapacity: true)
        kills = []
        metUnmodelled = []
        migration = nil
        faultPlace = nil
        lastRefusal = nil
    }

    private func saveArenas(into image: inout MemoryImage) -> (Machine) -> Void {
        let places = (mms.save(into: &image), vmas.save(into: &image), anonVMAs.save(into: &image))
        let chains = chains.save(into: &image)
        let files = (openFiles.save(into: &image), mappings.save(into: &image), diskFiles.save(into: &image))
        let nodes = (vmaNodes.save(into: &image), arrayNodes.save(into: &image), blockMapNodes.save(into: &image))
        let slabCaches = slabCaches.save(into: &image)
        let vmapAreas = vmapAreas.save(into: &image)
        let userfaultContexts = userfaultContexts.save(into: &image)
        let merging = (ksmSlots.save(into: &image), ksmItems.save(into: &image), ksmNodes.save(into: &image))
        return { machine in
            machine.mms.restore(places.0)
            machine.vmas.restore(places.1)
            machine.anonVMAs.restore(places.2)
            machine.chains.restore(chains)
            machine.openFiles.restore(files.0)
            machine.mappings.restore(files.1)
            machine.diskFiles.restore(files.2)
            machine.vmaNodes.restore(nodes.0)
            machine.arrayNodes.restore(nodes.1)
            machine.blockMapNodes.restore(nodes.2)
            machine.slabCaches.restore(slabCaches)
            machine.vmapAreas.restore(vmapAreas)
            machine.userfaultContexts.restore(userfaultContexts)
            machine.ksmSlots.restore(merging.0)
            machine.ksmItems.restore(merging.1)
            machine.ksmNodes.restore(merging.2)
        }
    }

    private func saveValues() -> (Machine) -> Void {
        var values: [(Machine) -> Void] = []
        func keep<Value>(_ property: ReferenceWritableKeyPath<Machine, Value>) {
            let value = self[keyPath: property]
            values.append { $0[keyPath: property] = value }
        }
        keep(\.processes)
        keep(\.committedPages)
        keep(\.unreturnedPages)
        keep(\.flushes)
        keep(\.shm)
        keep(\.userfaults)
        keep(\.tmpfsMounts)
        keep(\.clock)
        keep(\.names)
        keep(\.lruLists)
        keep(\.lruVectors)
        keep(\.shadowNodes)
        keep(\.reclaimFigures)
        keep(\.kswapdFailures)
        keep(\.memoryGroup)
        keep(\.serials)
        keep(\.random)
        keep(\.freeContexts)
        keep(\.nextContext)
        keep(\.everUnmodelled)
        keep(\.huge)
        keep(\.ksm)
        keep(\.hugePool)
        keep(\.passedOver)
        keep(\.kernelBlocks)
        keep(\.rings)
        keep(\.policies)
        keep(\.taskPolicies)
        keep(\.sharedPolicies)
        keep(\.placesByPolicy)
        keep(\.numa)
        keep(\.tlbStatisticsBefore)
        keep(\.kernel)
        return { machine in for set in values { set(machine) } }
    }

    /// What of a process changes. The checkpoint keeps the object, too.
    private static func save(_ process: Process) -> (Machine) -> Void {
        let (mm, isAlive, wasKilled) = (process.mm, process.isAlive, process.wasKilled)
        let (files, closedOnExec, limits) = (process.files, process.closedOnExec, process.limits)
        let (user, capabilities, pkru) = (process.user, process.capabilities, process.pkru)
        let (hasTooManyProcesses, isVforked) = (process.hasTooManyProcesses, process.isVforked)
        let (memoryScore, cpu) = (process.memoryScore, process.cpu)
        let (minorFaults, majorFaults) = (process.minorFaults, process.majorFaults)
        let (wait, rest, faultTries) = (process.wait, process.rest, process.faultTries)
        let scan = process.scan
        return { _ in
            (process.mm, process.isAlive, process.wasKilled) = (mm, isAlive, wasKilled)
            (process.files, process.closedOnExec, process.limits) = (files, closedOnExec, limits)
            (process.user, process.capabilities, process.pkru) = (user, capabilities, pkru)
            (process.hasTooManyProcesses, process.isVforked) = (hasTooManyProcesses, isVforked)
            (process.memoryScore, process.cpu) = (memoryScore, cpu)
            (process.minorFaults, process.majorFaults) = (minorFaults, majorFaults)
            (process.wait, process.rest, process.faultTries) = (wait, rest, faultTries)
            process.scan = scan
        }
    }
}
