/// What the page tables say of an address: the entries on the way, from the top.
public struct PageWalk: Sendable, Equatable {
    /// One entry on the way.
    public struct Entry: Sendable, Equatable {
        /// Which table it is in.
        public let level: Level
        /// Its place in simulated RAM.
        public let address: PhysicalAddress
        /// Its index in the table, 0 to 511.
        public let index: Int
        /// Its 64 bits (Intel SDM vol. 3A, 4.5).
        public let rawValue: UInt64
    }

    /// A table, by the kernel's name.
    public enum Level: String, Sendable, CaseIterable {
        /// `pgd_t`: PML4.
        case pgd
        /// `pud_t`: page-directory-pointer table.
        case pud
        /// `pmd_t`: page directory.
        case pmd
        /// `pte_t`: page table.
        case pte
    }

    /// From the PGD's down to the one where the walk ends.
    public let entries: [Entry]
    /// The physical address that the address has; nil where no memory is there.
    public let physicalAddress: PhysicalAddress?
    /// Bytes that the last entry maps: 4 KiB, 2 MiB or 1 GiB; nil where no memory is there.
    public let pageSize: UInt64?
}

extension Machine {
    /// Walks the page tables for an address, as a debugger does: nothing is changed and no fault is taken.
    ///
    /// - Parameter address: of user space.
    /// - Returns: nil for an address that user space does not have.
    /// - Throws: ESRCH.
    public func walk(_ process: ProcessID, at address: VirtualAddress) throws(Errno) -> PageWalk? {
        let mm = try task(process.index).mm
        guard address < AddressSpaceLimit.taskSize else { return nil }
        var entries: [PageWalk.Entry] = []
        var table = mm.pointee.pgd
        for (level, shift) in zip(PageWalk.Level.allCases, [39, 30, 21, 12] as [UInt64]) {
            let index = PageTableLevel.index(address, shift)
            let entry = frames.table(table)[index]
            entries.append(
                PageWalk.Entry(level: level, address: table << 12 + UInt64(index) * 8, index: index, rawValue: entry))
            switch level == .pte ? EntryState(lastLevel: entry) : EntryState(upperLevel: entry) {
            case .table(let next): table = next
            case .page(let pfn), .huge(let pfn), .special(let pfn):
                return PageWalk(
                    entries: entries, physicalAddress: pfn << 12 + address % (1 << shift), pageSize: 1 << shift)
            case .none, .swap, .marker, .migration:
                return PageWalk(entries: entries, physicalAddress: nil, pageSize: nil)
            }
        }
        preconditionFailure("a walk went below the last table")
    }
}
