/// What events tell of the locks of VMAs (`vm_lock_seq`, `vm_refcnt` of `vm_area_struct`; CONFIG_PER_VMA_LOCK).
struct VMALockTrace {
    /// Whether anyone wants to know.
    var isOn = false
    /// The fault that is under way found no VMA by its address alone, and holds mmap_lock.
    var wasPassed = false
    /// What the present call holds already: a second vma_start_write does nothing.
    var held: Set<Handle<VMArea>> = []
}

/// Locks of single VMAs (`mm/mmap_lock.c`): a program's fault takes that of its VMA, and goes by the lock of the address space only where it
/// must; who changes VMAs holds both.
extension Machine {
    /// Whether ``trace(_:)`` collects events of locks of VMAs, too. They are many, so that they are to be asked for.
    public var tracesVMALocks: Bool {
        get { vmaLocks.isOn }
        set { vmaLocks = VMALockTrace(isOn: newValue) }
    }

    /// `vma_start_write`.
    @inline(__always)
    func lockToWrite(_ vma: Handle<VMArea>, _ why: Event.Reason) {
        if isTracing, vmaLocks.isOn { noteWrite(vma, why) }
    }

    @inline(never)
    private func noteWrite(_ vma: Handle<VMArea>, _ why: Event.Reason) {
        if vmaLocks.held.insert(vma).inserted {
            emit(.vmaLockedToWrite, why, vma.pointee.start, vma.pointee.length)
        }
    }

    /// The VMA goes, with its lock.
    func forgetLock(_ vma: Handle<VMArea>) {
        if vmaLocks.isOn { vmaLocks.held.remove(vma) }
    }
}
