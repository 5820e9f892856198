import CShim
import Glibc
// Local only: takes the place of parts that others write.
public enum MachineError: Error { case noMemory, size, tlb(TLBConfigurationError) }
struct PhysicalMemory: ~Copyable {
    var ram = fl_ram()
    var pages: UnsafeMutablePointer<fl_page>
    var bump: PFN = 16
    var freeList: [PFN] = []
    var totalPages: UInt64
    var freePages: UInt64
    init(bytes: UInt64) throws(MachineError) {
        guard fl_ram_create(&ram, bytes) == FL_OK else { throw .size }
        pages = mmap(
            nil, Int(bytes >> 12) * 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)!
            .assumingMemoryBound(to: fl_page.self)
        totalPages = bytes >> 12; freePages = totalPages
    }
    deinit { munmap(pages, Int(ram.frames) * 64); var r = ram; fl_ram_destroy(&r) }
    @inline(__always) func page(_ pfn: PFN) -> UnsafeMutablePointer<fl_page> { pages + Int(pfn) }
    mutating func allocate() -> PFN? {
        let pfn: PFN
        if let f = freeList.popLast() { pfn = f } else { if bump >= ram.frames { return nil }; pfn = bump; bump += 1 }
        freePages -= 1
        pages[Int(pfn)] = fl_page(); pages[Int(pfn)].refcount = 1
        return pfn
    }
    mutating func allocateZeroed() -> PFN? {
        guard let p = allocate() else { return nil }; memset(ram.base + Int(p << 12), 0, 4096); return p
    }
    mutating func free(_ pfn: PFN) { freePages += 1; freeList.append(pfn) }
    func copyFrame(from: PFN, to: PFN) { memcpy(ram.base + Int(to << 12), ram.base + Int(from << 12), 4096) }
    func zeroFrame(_ p: PFN) { memset(ram.base + Int(p << 12), 0, 4096) }
    func fill(_ p: PFN, offset: Int, length: Int, byte: UInt8) {
        memset(ram.base + Int(p << 12) + offset, Int32(byte), length)
    }
    func byte(_ pa: PhysicalAddress) -> UInt8 { ram.base[Int(pa)] }
    func setByte(_ pa: PhysicalAddress, _ v: UInt8) { ram.base[Int(pa)] = v }
    @inline(__always) func table(_ p: PFN) -> UnsafeMutablePointer<UInt64> { fl_ram_table_(p) }
    @inline(__always) func fl_ram_table_(_ p: PFN) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(ram.base + Int(p << 12)).assumingMemoryBound(to: UInt64.self)
    }
    func checkInvariants() -> String? { nil }
}
