/// Why an access did not come to bytes.
public enum AccessError: Error, Equatable, Sendable {
    /// No such process runs: ESRCH.
    case noProcess(ProcessID)
    /// The signal that the access ended in, and the address.
    case fault(AccessFault)
}

extension Machine {
    /// Reads a byte, as a load instruction does.
    ///
    /// - Throws: ``AccessError``.
    public func load(_ process: ProcessID, at address: VirtualAddress) throws(AccessError) -> UInt8 {
        frames.byte(try place(process, address, .read))
    }

    /// Writes a byte, as a store instruction does.
    ///
    /// - Throws: ``AccessError``.
    public func store(_ process: ProcessID, at address: VirtualAddress, _ byte: UInt8) throws(AccessError) {
        frames.setByte(try place(process, address, .write), byte)
    }

    /// Fetches an instruction's byte.
    ///
    /// - Throws: ``AccessError``; an entry of the vsyscall page, which the kernel emulates, is a fault
    ///   ``FaultSignal/emulatedCall``.
    public func fetch(_ process: ProcessID, at address: VirtualAddress) throws(AccessError) -> UInt8 {
        frames.byte(try place(process, address, .execute))
    }

    /// Reads a range of bytes: one access a page, in order.
    ///
    /// - Throws: ``AccessError`` for the first page that cannot be read.
    public func read(
        _ process: ProcessID, at address: VirtualAddress, count: Int
    ) throws(AccessError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let start = address &+ UInt64(bytes.count)
            let piece = min(UInt64(count - bytes.count), PageSize.base - start % PageSize.base)
            let first = try place(process, start, .read)
            for offset in 0..<piece { bytes.append(frames.byte(first &+ offset)) }
        }
        return bytes
    }

    /// Writes bytes: one access a page, in order. Pages before one that cannot be written keep what was written.
    ///
    /// - Throws: ``AccessError`` for the first page that cannot be written.
    public func write(
        _ process: ProcessID, at address: VirtualAddress, _ bytes: some Collection<UInt8>
    ) throws(AccessError) {
        var physicalAddress: PhysicalAddress = 0
        var address = address
        var isPlaced = false
        for byte in bytes {
            if !isPlaced || address.isPageAligned { physicalAddress = try place(process, address, .write) }
            isPlaced = true
            frames.setByte(physicalAddress, byte)
            physicalAddress &+= 1
            address &+= 1
        }
    }

    /// Hands a range of bytes to a closure; what the closure writes goes back, one write access a page.
    ///
    /// - Throws: ``AccessError`` for the first page that cannot be read or written.
    public func withBytes<Result>(
        _ process: ProcessID, at address: VirtualAddress, count: Int, _ body: (inout [UInt8]) -> Result
    ) throws(AccessError) -> Result {
        let before = try read(process, at: address, count: count)
        var bytes = before
        let result = body(&bytes)
        precondition(bytes.count == count, "withBytes: the closure changed the number of bytes")
        if bytes != before { try write(process, at: address, bytes) }
        return result
    }

    private func place(
        _ process: ProcessID, _ address: VirtualAddress, _ kind: AccessKind
    ) throws(AccessError) -> PhysicalAddress {
        let result: AccessResult
        do { result = try access(process.index, address, kind) } catch { throw .noProcess(process) }
        switch result {
        case .physical(let physical): return physical
        case .signal(let signal): throw .fault(AccessFault(signal: signal, address: address))
        }
    }
}
