import CShim

/// Why a page of a ``FixedMapping`` could not be mapped.
public enum FixedMappingError: Error, Equatable, Sendable {
    /// There is no room for another table.
    case noTables
    /// A page of 2 MiB would lie over pages of 4 KiB, or the other way round.
    case otherSize(VirtualAddress)
}

/// A CPU with page tables that someone fills beforehand, and no kernel.
///
/// The tables lie in simulated RAM of their own; the frames that they name are numbers alone, given in the order of the calls.
struct FixedTables: ~Copyable {
    /// Why there is no such CPU.
    enum StartFailure: Error {
        case host
        case tlb(TLBConfigurationError)
    }

    private var ram: fl_ram
    private var mmu: MMU
    /// The top-level table of each process.
    private var roots: [PFN] = []
    private var nextTable: PFN = 1
    private var nextFrame: PFN

    /// A CPU with room for tables of so many bytes, which cost the host what is used of them.
    init(tlb: TLBGeometry, tableBytes: UInt64) throws(StartFailure) {
        var ram = fl_ram()
        guard fl_ram_create(&ram, tableBytes) == FL_OK else { throw .host }
        let mmu: MMU
        do { mmu = try MMU(ram: ram, geometry: tlb) } catch {
            fl_ram_destroy(&ram)
            throw .tlb(error)
        }
        self.mmu = mmu
        self.ram = ram
        // Large pages are aligned, and RAM is a multiple of 2 MiB.
        nextFrame = (ram.frames + 511) & ~511
    }

    deinit {
        var ram = ram
        fl_ram_destroy(&ram)
    }

    /// An address space of its own. Numbers count from 0.
    ///
    /// - Throws: ``FixedMappingError/noTables``.
    mutating func addProcess() throws(FixedMappingError) -> Int {
        roots.append(try table())
        return roots.count - 1
    }

    /// Maps the page of 4 KiB, or of 2 MiB, that holds an address, with every right. One that is mapped already stays.
    ///
    /// - Throws: ``FixedMappingError``.
    mutating func map(_ process: Int, at address: VirtualAddress, isLarge: Bool) throws(FixedMappingError) {
        var pfn = roots[process]
        let last = isLarge ? 2 : 1
        for level in stride(from: 4, to: last, by: -1) {
            let entry = entry(pfn, address, level)
            if entry.pointee == 0 { entry.pointee = try table() << 12 | Self.rights }
            if entry.pointee & PTE.pageSizeBit != 0 { throw .otherSize(address) }
            pfn = (entry.pointee & PTE.addressMask) >> 12
        }
        let entry = entry(pfn, address, last)
        if entry.pointee != 0 {
            if isLarge, entry.pointee & PTE.pageSizeBit == 0 { throw .otherSize(address) }
            return
        }
        if isLarge { nextFrame = (nextFrame + 511) & ~511 }
        entry.pointee = nextFrame << 12 | Self.rights | (isLarge ? PTE.pageSizeBit : 0)
        nextFrame += isLarge ? 512 : 1
    }

    private static let rights = PTE.presentBit | PTE.writeBit | PTE.userBit

    private mutating func table() throws(FixedMappingError) -> PFN {
        guard nextTable < ram.frames else { throw .noTables }
        defer { nextTable += 1 }
        return nextTable
    }

    private func entry(_ table: PFN, _ address: VirtualAddress, _ level: Int) -> UnsafeMutablePointer<UInt64> {
        var ram = ram
        // SAFETY: tables are frames of `ram`, and an index has nine bits.
        return fl_ram_table(&ram, table) + Int(truncatingIfNeeded: address >> UInt64(3 + 9 * level) & 511)
    }

    /// Lets the CPU make accesses of a process until one does not succeed: what that came to; nil after the last.
    mutating func translate(_ process: Int, _ run: inout AccessRun) -> Translation? {
        mmu.translate(root: roots[process], context: UInt32(truncatingIfNeeded: process + 1), &run)
    }

    /// Translations by where they were found.
    var statistics: TLBStatistics { mmu.statistics }
}
