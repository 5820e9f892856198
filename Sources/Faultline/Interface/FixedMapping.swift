/// A CPU with page tables that someone fills beforehand, and no kernel: for traces whose pages are all there from the start.
public final class FixedMapping {
    private var tables: FixedTables

    /// A CPU with room for tables of so many bytes, which cost the host what is used of them.
    ///
    /// - Throws: ``MachineError`` where the host refuses, or no CPU has such TLBs.
    public init(tlb: TLBGeometry = .standard, tableBytes: UInt64 = 8 << 30) throws(MachineError) {
        do { tables = try FixedTables(tlb: tlb, tableBytes: tableBytes) } catch {
            switch error {
            case .host: throw .host
            case .tlb(let mistake): throw .tlb(mistake)
            }
        }
    }

    /// An address space of its own. Numbers count from 0.
    ///
    /// - Throws: ``FixedMappingError/noTables``.
    public func addProcess() throws(FixedMappingError) -> Int { try tables.addProcess() }

    /// Maps the page of 4 KiB, or of 2 MiB, that holds an address, with every right. One that is mapped already stays.
    ///
    /// - Throws: ``FixedMappingError``.
    public func map(_ process: Int, at address: VirtualAddress, isLarge: Bool) throws(FixedMappingError) {
        try tables.map(process, at: address, isLarge: isLarge)
    }

    /// Makes accesses one after the other, up to the first that nothing answers: its page is not mapped. See
    /// ``Machine/access(_:_:results:)``.
    public func access(
        _ process: Int, _ accesses: UnsafeBufferPointer<MemoryAccess>,
        results: UnsafeMutableBufferPointer<MadeAccess>? = nil
    ) -> AccessProgress {
        var run = AccessRun(accesses, results: results)
        let stop = tables.translate(process, &run)
        guard stop != nil, let failed = run.next else { return AccessProgress(made: run.made, fault: nil) }
        return AccessProgress(made: run.made, fault: AccessFault(signal: .noMapping, address: failed.address))
    }

    /// Translations by where they were found.
    public var tlbStatistics: TLBStatistics { tables.statistics }
}
