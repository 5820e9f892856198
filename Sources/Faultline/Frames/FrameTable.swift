import CShim

/// Simulated RAM and a page record for each of its frames: memory and `vmemmap`, indexed by PFN.
///
/// Contents are kept by halves: each record has a mask of the 64-byte lines of its frame that are real, and says by itself what the
/// others read (``CompactContents``), so that pages of zeros, of one byte and with a few bytes cost the host a record.
///
/// Plain data, so that every part of the machine may have a copy; the owner calls ``destroy()``.
struct FrameTable {
    let ram: fl_ram
    /// The host's address of physical address 0.
    let base: UnsafeMutablePointer<UInt8>
    /// `struct page` by PFN; committed by the host as it is touched.
    let pages: UnsafeMutablePointer<fl_page>
    /// Frames, holes included (`max_pfn`).
    let endFrame: PFN
    /// What was taken of the host's memory, and whether it gives no more.
    let host: UnsafeMutablePointer<HostUse>

    /// - Throws: ``MachineError/host`` where the host refuses.
    init(endFrame: PFN, backing: RAMBacking) throws(MachineError) {
        var ram = fl_ram()
        let bytes = endFrame << 12
        let status = backing == .shared ? fl_ram_create_shared(&ram, bytes) : fl_ram_create(&ram, bytes)
        guard status == FL_OK else { throw .host }
        guard let records = fl_host_reserve(Self.recordBytes(endFrame)) else {
            fl_ram_destroy(&ram)
            throw .host
        }
        self.ram = ram
        self.endFrame = endFrame
        base = ram.base
        // SAFETY: fresh zeroed memory, large enough for a record a frame.
        pages = records.assumingMemoryBound(to: fl_page.self)
        host = .allocate(capacity: 1)
        host.initialize(to: HostUse())
    }

    private static func recordBytes(_ endFrame: PFN) -> UInt64 { endFrame * UInt64(MemoryLayout<fl_page>.stride) }

    /// Gives everything back to the host.
    func destroy() {
        host.deallocate()
        fl_host_release(pages, Self.recordBytes(endFrame))
        var ram = ram
        fl_ram_destroy(&ram)
    }

    /// `pfn_to_page`.
    @inline(__always)
    func page(_ pfn: PFN) -> UnsafeMutablePointer<fl_page> { pages + Int(truncatingIfNeeded: pfn) }

    /// `page_folio`: the folio that a frame belongs to.
    @inline(__always)
    func folio(of pfn: PFN) -> Folio { Folio(of: pfn, page(pfn)) }

    /// Has the host fetch a frame's record. The number may be any: nothing is read.
    @inline(__always)
    func prefetchRecord(_ pfn: PFN) { fl_prefetch(pages + Int(truncatingIfNeeded: pfn)) }

    /// Has the host fetch what will be looked at soon.
    @inline(__always)
    func prefetch(_ place: UnsafeRawPointer) { fl_prefetch(place) }

    /// A frame seen as a page table. Precondition: its contents are real, as those of every table are.
    @inline(__always)
    func table(_ pfn: PFN) -> UnsafeMutablePointer<UInt64> {
        // SAFETY: frames are 4 KiB aligned; pfn is below the end of RAM, or no table entry would hold it.
        UnsafeMutableRawPointer(base + Int(truncatingIfNeeded: pfn << 12)).assumingMemoryBound(to: UInt64.self)
    }

    /// Where an entry of a page table stands in simulated RAM.
    func address(of entry: UnsafeMutablePointer<UInt64>) -> PhysicalAddress {
        UInt64(UInt(bitPattern: entry) - UInt(bitPattern: base))
    }

    /// The frame of the table that an entry stands in.
    func frame(holding entry: UnsafeMutablePointer<UInt64>) -> PFN { address(of: entry) >> 12 }
}
