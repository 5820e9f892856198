import Testing

@testable import Faultline

/// Entries are told apart by their bits alone.
struct EntryStateTests {
    @Test("an entry of the last level is what its bits say")
    func lastLevel() {
        #expect(EntryState(lastLevel: 0) == .none)
        #expect(EntryState(lastLevel: 0x8000_0000_1234_5067) == .page(0x12345))
        #expect(EntryState(lastLevel: PTE(pfn: 7, protection: PTE.protNoneBit).rawValue) == .page(7))
        #expect(EntryState(lastLevel: PTE(pfn: 7, protection: PTE.presentBit | PTE.specialBit).rawValue) == .special(7))
        // Bit 7 of a small entry is PAT, not the page size.
        #expect(EntryState(lastLevel: PTE(pfn: 7, protection: PTE.presentBit | 1 << 7).rawValue) == .page(7))
    }

    @Test("an entry of an upper level is a table, or memory where the page-size bit is set")
    func upperLevel() {
        #expect(EntryState(upperLevel: 0) == .none)
        #expect(EntryState(upperLevel: 0x1234_5067) == .table(0x12345))
        #expect(EntryState(upperLevel: 0x1220_00e7) == .huge(0x12200))
        // PAT of a huge entry stands in the frame's lowest bit.
        #expect(EntryState(upperLevel: 0x1220_10e7) == .huge(0x12200))
        #expect(EntryState(upperLevel: 0x1220_0000 | PTE.protNoneBit | PTE.pageSizeBit) == .huge(0x12200))
    }

    @Test("swap entries, markers and migration entries come back as they were made, and never look present")
    func swapForms() {
        for type in UInt8(0)..<32 {
            for offset in [0, 1, 4, 0x12345, (1 << 40) - 1] as [UInt64] {
                let raw = SwapEntry(type: type, offset: offset).rawValue
                #expect(raw & (PTE.presentBit | PTE.protNoneBit) == 0)
                #expect(SwapEntry(entry: raw) == SwapEntry(type: type, offset: offset))
                switch EntryState(lastLevel: raw) {
                case .swap(let entry): #expect(type < SwapType.areas && entry.offset == offset)
                case .migration(let moving): #expect(moving.entry == raw && moving.pfn == offset)
                case .marker(let marker): #expect(type == SwapType.marker && marker.entry == raw)
                default: Issue.record("type \(type), offset \(offset): not an entry in the form of a swap entry")
                }
            }
        }
    }

    @Test("the marker of a guard region has the bits that the kernel's pagemap shows")
    func guardMarker() {
        // pagemap reads 0x440000000000009f for it: swapped (62), guard (58), and type 31 with offset 4 in the frame's place.
        let entry = SwapEntry(entry: EntryMarker.guardRegion.entry)
        #expect(UInt64(entry.type) | entry.offset << 5 == 0x9f)
    }

    @Test("the parts of a huge entry map the same memory with the same rights")
    func parts() {
        let rights = PTE.presentBit | PTE.userBit | PTE.writeBit | PTE.dirtyBit | PTE.noExecuteBit
        let giant = UInt64(0x4_0000) << 12 | rights | PTE.pageSizeBit
        let large = PTE.part(of: giant, PageTableLevel.pud, 3 << 21)
        #expect(EntryState(upperLevel: large) == .huge(0x4_0000 + 3 * 512))
        #expect(large & ~PTE.addressMask == rights | PTE.pageSizeBit)
        let small = PTE.part(of: large, PageTableLevel.pmd, 5 << 12)
        #expect(small == PTE(pfn: 0x4_0000 + 3 * 512 + 5, protection: rights).rawValue)
        #expect(PTE.small(giant, PageTableLevel.pud, 3 << 21 | 5 << 12).rawValue == small)
        // PAT moves from bit 12 to bit 7.
        let patched = PTE.part(of: large | PTE.hugePATBit, PageTableLevel.pmd, 5 << 12)
        #expect(patched == small | PTE.pageSizeBit)
    }
}
