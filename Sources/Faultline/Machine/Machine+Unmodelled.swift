extension Machine {
    /// What programs met since the last call that the model lacks, each kind once in a machine's life.
    public func takeUnmodelled() -> [Unmodelled] {
        defer { metUnmodelled.removeAll() }
        return metUnmodelled
    }

    /// Tells the machine that a program will use the byte that it has read at an address.
    package func noteByteRead(_ process: Int, _ address: VirtualAddress) {
        if !knowsBytes(process, at: address) { meet(.programBytes) }
    }

    /// Whether the bytes at an address are those that the program would find: false in the files of programs and in the vdso,
    /// of which the machine knows the places only.
    private func knowsBytes(_ process: Int, at address: VirtualAddress) -> Bool {
        guard processes.indices.contains(process), processes[process].isAlive,
            let vma = lookupVMA(processes[process].mm, address)
        else { return true }
        if vma.pointee.kind == .special { return false }
        let entry = readPTE(vma.pointee.mm, address)
        guard entry.isPresent, !entry.isSpecial, let mapping = folio(of: entry.pfn).head.pointee.fileMapping
        else { return true }
        return !mapping.pointee.lacksContents
    }

    /// Why the run cannot go on, once the host has no memory left for simulated RAM; else nil. Whatever asked for memory last may
    /// have failed for that reason.
    public var hostShortage: MachineError? { physical.hostShortage }
}
