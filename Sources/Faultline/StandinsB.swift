struct ShmNamespace {}
struct DiskDevice {}
extension Machine {
    func chargedFilePages() -> Int64 { 0 }
    func checkFiles(_ c: FrameCensus) -> String? { nil }
    func putFile(_ f: Handle<OpenFile>) { f.pointee.refcount -= 1 }
    func attachSegment(_ m: Handle<FileMapping>) {}
    func detachSegment(_ m: Handle<FileMapping>) {}
    func markFilePageDirty(_ p: PFN) { page(p).pointee.set(PageFlag.dirty) }
    func checkSeals(_ m: Handle<FileMapping>, _ f: inout VMFlags) throws(Errno) {}
    func makeSharedAnonymous(length: UInt64, flags: VMFlags) throws(Errno) -> Handle<OpenFile> { throw .ENOSYS }
    func faultFile(_ vma: Handle<VMArea>, _ address: VirtualAddress, write: Bool) -> FaultOutcome {
        guard let m = vma.pointee.file?.pointee.mapping, let e = allocatePTE(vma.pointee.mm, address) else { return .outOfMemory }
        let v = m.pointee.pages.load(vma.pointee.pageIndex(address))
        if v == 0 { return .signal(.busError) }
        page(v-1).pointee.refcount += 1
        addFileRmap(v-1, vma)
        e.pointee = PTE(pfn: v-1, protection: pageProtection(vma)).rawValue
        return .handled(isMajor: false)
    }
    func makeSharedWritable(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ e: EntryPointer) -> FaultOutcome { .outOfMemory }
    public func shmget(_ p: Int, key: UInt64, size: UInt64, flags: UInt64) throws(Errno) -> UInt64 { throw .ENOSYS }
    public func shmat(_ p: Int, id: Int32, _ a: UInt64, flags: UInt64) throws(Errno) -> UInt64 { throw .ENOSYS }
    public func shmdt(_ p: Int, _ a: UInt64) throws(Errno) { throw .ENOSYS }
    public func shmctl(_ p: Int, id: Int32, command: Int32, buffer: UInt64) throws(Errno) -> UInt64 { throw .ENOSYS }
    public func memfdCreate(_ p: Int, _ n: String, flags: UInt64) throws(Errno) -> Int32 { throw .ENOSYS }
    public func tmpfsFile(_ p: Int, name: String, size: UInt64) throws(Errno) -> Int32 { throw .ENOSYS }
    public func diskFile(_ p: Int, name: String, size: UInt64) throws(Errno) -> Int32 { throw .ENOSYS }
    public func ftruncate(_ p: Int, _ fd: Int32, _ l: UInt64) throws(Errno) { throw .ENOSYS }
    public func fallocate(_ p: Int, _ fd: Int32, mode: Int32, _ o: UInt64, _ l: UInt64) throws(Errno) { throw .ENOSYS }
    public func fsync(_ p: Int, _ fd: Int32) throws(Errno) { throw .ENOSYS }
    public func close(_ p: Int, _ fd: Int32) throws(Errno) { throw .ENOSYS }
    public func pwrite(_ p: Int, _ fd: Int32, offset: UInt64, length: UInt64, byte: UInt8) throws(Errno) -> UInt64 { throw .ENOSYS }
    public func pread(_ p: Int, _ fd: Int32, offset: UInt64, length: UInt64) throws(Errno) -> UInt64 { throw .ENOSYS }
    public func msync(_ p: Int, _ a: UInt64, _ l: UInt64, flags: Int32) throws(Errno) { throw .ENOSYS }
    public func remapFilePages(_ p: Int, _ a: UInt64, _ l: UInt64, prot: UInt64, pgoff: UInt64, flags: UInt64) throws(Errno) { throw .ENOSYS }
    func adviseRemove(_ v: Handle<VMArea>, _ s: UInt64, _ e: UInt64) throws(Errno) { throw .EINVAL }
    func adviseWillNeed(_ v: Handle<VMArea>, _ s: UInt64, _ e: UInt64) { drainBatches() }
    func removeFromCache(_ m: Handle<FileMapping>, _ i: UInt64) {}
}
