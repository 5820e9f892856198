/// The kernel's own records as objects of its slab caches, where the machine charges them (``KernelSettings/chargesKernelObjects``).
///
/// Their contents lie elsewhere, in arenas; what is charged is the memory that the kernel would have for them.
struct KernelObjects {
    /// The object of a record, by its kind and place.
    var byRecord: [Key: VirtualAddress] = [:]
    /// Objects of nodes of trees, which are charged by their number.
    var mapleNodes: [VirtualAddress] = []
    var xarrayNodes: [VirtualAddress] = []
    /// Stacks of processes by their index, and those that are kept for new ones.
    var stacks: [Int: VirtualAddress] = [:]
    var freeStacks: [VirtualAddress] = []

    struct Key: Hashable {
        let kind: KernelObjectKind
        let record: UInt64
    }

    /// The record has another place from now on.
    mutating func move(_ kind: KernelObjectKind, _ record: UInt64, to place: UInt64) {
        byRecord[Key(kind: kind, record: place)] = byRecord.removeValue(forKey: Key(kind: kind, record: record))
    }
}

extension Machine {
    /// Charges the object of a new record. Where no memory is left for it, the record goes on without one.
    @inline(never)
    func chargeObject(_ kind: KernelObjectKind, _ record: UInt64) {
        guard bringUpKernelSpace(), let cache = objectCaches[Int(kind.rawValue)],
            let object = allocateObject(cache, .kernel)
        else { return }
        kernel.objects.byRecord[KernelObjects.Key(kind: kind, record: record)] = object
    }

    /// The record is gone.
    @inline(never)
    func unchargeObject(_ kind: KernelObjectKind, _ record: UInt64) {
        let key = KernelObjects.Key(kind: kind, record: record)
        guard let object = kernel.objects.byRecord.removeValue(forKey: key),
            let cache = objectCaches[Int(kind.rawValue)]
        else { return }
        freeObject(cache, object)
    }

    /// Brings the nodes of trees up to date, which come and go in places that know nothing of slabs.
    func settleNodeObjects() {
        guard chargesKernelObjects, bringUpKernelSpace() else { return }
        settle(.mapleNode, \.mapleNodes, vmaNodes.liveCount)
        settle(.xarrayNode, \.xarrayNodes, arrayNodes.liveCount)
    }

    private func settle(
        _ kind: KernelObjectKind, _ list: WritableKeyPath<KernelObjects, [VirtualAddress]>, _ count: Int
    ) {
        guard let cache = objectCaches[Int(kind.rawValue)] else { return }
        while kernel.objects[keyPath: list].count > count {
            freeObject(cache, kernel.objects[keyPath: list].removeLast())
        }
        while kernel.objects[keyPath: list].count < count, let object = allocateObject(cache, .kernel) {
            kernel.objects[keyPath: list].append(object)
        }
    }

    /// Every record has its object, unless memory ran out.
    func checkKernelObjects() -> String? {
        if !chargesKernelObjects { return nil }
        for (kind, count) in [
            (KernelObjectKind.vmaStruct, vmas.liveCount), (.anonVMA, anonVMAs.liveCount),
            (.anonVMAChain, chains.liveCount), (.mmStruct, mms.liveCount), (.fileStruct, openFiles.liveCount),
        ] {
            let charged = kernel.objects.byRecord.keys.count { $0.kind == kind }
            if charged > count { return "\(charged) objects of \(kind.request.name) are charged for \(count) records" }
        }
        return nil
    }
}
