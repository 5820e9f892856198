/// What the kernel calls for itself, made in the place of a process: the addresses are the kernel's.
extension Machine {
    /// Makes the kernel's own address space and its slab caches, unless they are there; anything below does so.
    ///
    /// - Throws: ENOMEM.
    public func bringUpKernel() throws(Errno) {
        guard bringUpKernelSpace() else { throw refuse(.ENOMEM, .noFrame("the kernel's tables and slab caches")) }
    }

    /// The line of the program that makes the next calls, for what the kernel notes of callers; 0 for none.
    public var callLine: Int {
        get { kernel.callLine }
        set { kernel.callLine = max(newValue, 0) }
    }

    /// The process that a call is made in the place of.
    @discardableResult
    func enterKernel(_ process: Int) throws(Errno) -> Process {
        let task = try caller(process)
        try bringUpKernel()
        runDeferredFrees()
        return task
    }

    // MARK: The area of vmalloc

    /// vmalloc, and with `isHuge` vmalloc_huge. - Throws: ENOMEM for NULL.
    package func vmalloc(_ process: Int, _ size: UInt64, isHuge: Bool = false) throws(Errno) -> UInt64 {
        let task = try enterKernel(process)
        if let address = vmalloc(size, isHuge: isHuge, for: task) { return address }
        if size == 0 { throw refuse(.ENOMEM, .zeroLength("size")) }
        throw refuse(.ENOMEM, .noFrame("\(size) bytes of vmalloc"))
    }

    /// vfree, vunmap, iounmap. - Throws: EINVAL where no area begins.
    package func vfree(_ process: Int, _ address: UInt64) throws(Errno) {
        try enterKernel(process)
        try vfree(address)
    }

    /// ioremap. - Throws: EINVAL for RAM, ENOMEM.
    package func ioremap(_ process: Int, _ address: UInt64, _ size: UInt64) throws(Errno) -> UInt64 {
        try enterKernel(process)
        return try ioremap(address, size)
    }

    /// vmap of the pages that the process has at an address. - Throws: EFAULT where one is not present, ENOMEM.
    package func vmap(_ process: Int, _ address: UInt64, pages: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        try bringUpKernel()
        guard address.isPageAligned, 1...4096 ~= pages else { throw refuse(.EINVAL, .unaligned("addr", address)) }
        var pfns: [PFN] = []
        for page in 0..<pages {
            let entry = readPTE(task.mm, address &+ page << 12)
            guard entry.isPresent else { throw refuse(.EFAULT, .notMappedInKernel(address &+ page << 12)) }
            pfns.append(entry.pfn)
        }
        if let place = vmap(pfns) { return place }
        throw refuse(.ENOMEM, .noFrame("an area of vmalloc"))
    }

    /// set_memory_ro and set_memory_rw. - Throws: EINVAL, EFAULT, ENOMEM.
    package func setKernelMemory(
        _ process: Int, _ address: UInt64, pages: UInt64, isWritable: Bool
    ) throws(Errno) {
        try enterKernel(process)
        guard pages <= 1 << 30 else {
            throw refuse(.EINVAL, .argument("pages", .given(pages), "is more than RAM"))
        }
        let readOnly = PTE.writeBit | PTE.dirtyBit
        try changeKernelPages(
            address, pages: pages, set: isWritable ? PTE.writeBit : 0, clear: isWritable ? 0 : readOnly)
    }

    // MARK: Accesses

    /// Reads a byte at a kernel address; nil where that ended in an oops, which the kernel's log has. - Throws: ESRCH, ENOMEM.
    package func kernelLoad(_ process: Int, _ address: UInt64) throws(Errno) -> UInt8? {
        try enterKernel(process)
        return kernelLoad(address) ?? (kernel.hasOopsed ? nil : .max)
    }

    /// Writes a byte at a kernel address. - Throws: ESRCH, ENOMEM.
    package func kernelStore(_ process: Int, _ address: UInt64, _ byte: UInt8) throws(Errno) {
        try enterKernel(process)
        _ = kernelStore(address, byte)
    }

    /// Ends the process in whose place the kernel came upon an error, if it did (`rewind_stack_and_make_dead`).
    ///
    /// - Returns: whether it did.
    package func endAfterOops(_ process: Int) -> Bool {
        guard kernel.hasOopsed else { return false }
        kernel.hasOopsed = false
        if let task = try? caller(process) { exit(task) }
        return true
    }

    /// Has faults of the kernel's at its own addresses shown to a probe before they end in an oops, as `kmmio_fault` and
    /// `kprobe_page_fault` stand in the kernel's dispatcher; nil for no longer.
    public func setKernelProbe(_ probe: ((KernelFault) -> ProbeAnswer)?) { kernelProbe = probe }
}

// MARK: What one part of the kernel asks of another

extension Machine {
    /// Makes objects of a size and frees each at once, as the kernel's own code does. - Returns: false where no memory is left.
    package func makeObjectPairs(_ count: Int, size: UInt64) -> Bool {
        guard bringUpKernelSpace() else { return false }
        for _ in 0..<count {
            guard let object = kmalloc(size, .kernel) else { return false }
            kfree(object)
        }
        return true
    }

    /// The same of areas of vmalloc.
    package func makeAreaPairs(_ count: Int, size: UInt64) -> Bool {
        for _ in 0..<count {
            guard let area = vmalloc(size) else { return false }
            do { try vfree(area) } catch { return false }
        }
        return true
    }
}
