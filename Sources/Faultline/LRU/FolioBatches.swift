/// Pages on their way to the LRU lists, and the references that hold them meanwhile (`mm/swap.c`, `mm/mlock.c`).
///
/// The batches belong to the one CPU. They matter to programs because a batch's reference makes a page look shared to
/// copy-on-write, and because MADV_FREE takes effect only when its batch is drained.
struct FolioBatches {
    /// `PAGEVEC_SIZE`, of the lock batch.
    static var capacity: Int { PageBatch.capacity }

    /// `lru_add`.
    var add = PageBatch()
    /// `lru_lazyfree`.
    var lazyFree = PageBatch()
    /// `lru_activate` and `lru_deactivate`.
    var activate = PageBatch()
    var deactivate = PageBatch()
    /// `mlock_fbatch`, with what is to be done to each page.
    var lock: [LockRequest] = []

    struct LockRequest {
        let pfn: PFN
        let action: Action

        enum Action: UInt8 {
            /// `mlock_folio` of a page that is on an LRU list, or on its way to one.
            case lock
            /// `mlock_new_folio`.
            case lockNew
            case unlock
        }
    }

    init() {
        lock.reserveCapacity(Self.capacity)
    }
}

extension Machine {
    /// `folio_add_lru`: the batch holds a reference until it is drained.
    @inline(__always)
    func addToLRU(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        record.pointee.refcount &+= 1
        cpu.batches.add.append(pfn)
        if cpu.batches.add.isFull { drainAddBatch() }
    }

    /// `folio_add_lru_vma`: pages of locked memory go through the lock batch.
    @inline(__always)
    func addToLRU(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>, in flags: VMFlags) {
        if flags.locksPages { lockNewPage(pfn) } else { addToLRU(pfn, record) }
    }

    @inline(never)
    func drainAddBatch() {
        // Most batches go to one list: what it has is kept aside until another one comes.
        var (place, list) = (0, lruLists[0])
        var front = firstRecord(list)
        for position in 0..<cpu.batches.add.count {
            let pfn = cpu.batches.add[position]
            let record = page(pfn)
            if record.pointee.hasAny(PageFlag.mlocked.union(.unevictable)) || record.pointee.refcount == 1 {
                lruLists[place] = list
                addAlone(pfn, record)
                (list, front) = (lruLists[place], firstRecord(lruLists[place]))
                continue
            }
            record.pointee.set(.lru)
            record.pointee.refcount &-= 1
            let wanted = record.pointee.lruPosition
            if wanted != place {
                lruLists[place] = list
                (place, list) = (wanted, lruLists[wanted])
                front = firstRecord(list)
            }
            list.push(pfn, record, before: front)
            front = record
        }
        lruLists[place] = list
        cpu.batches.add.removeAll()
    }

    @inline(__always)
    private func firstRecord(_ list: LRUList) -> UnsafeMutablePointer<PageRecord>? {
        list.first == FrameLink.none ? nil : page(PFN(list.first))
    }

    /// `lru_add` of a page that is locked, or was, or that nobody else has.
    @inline(never)
    private func addAlone(_ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>) {
        if record.pointee.hasAny(PageFlag.mlocked.union(.unevictable)) { setEvictable(record) }
        record.pointee.set(.lru)
        addToList(pfn, record)
        putPage(pfn, record)
    }

    private func setEvictable(_ record: UnsafeMutablePointer<PageRecord>) {
        record.pointee.clear(.unevictable)
        guard record.pointee.has(.mlocked) else { return }
        record.pointee.clear(.active)
        record.pointee.set(.unevictable)
        record.pointee.lockCount = 0
    }

    /// `folio_mark_lazyfree`.
    func markLazyFree(_ pfn: PFN) {
        let record = page(pfn).pointee
        guard record.isAnonymous, record.has(PageFlag.swapBacked), record.has(PageFlag.lru),
            !record.hasAny(PageFlag.unevictable.union(.swapCache))
        else { return }
        page(pfn).pointee.refcount += 1
        cpu.batches.lazyFree.append(pfn)
        if cpu.batches.lazyFree.isFull || record.has(.head) { drainLazyFreeBatch() }
    }

    func drainLazyFreeBatch() {
        for position in 0..<cpu.batches.lazyFree.count {
            let pfn = cpu.batches.lazyFree[position]
            let record = page(pfn).pointee
            if record.isAnonymous, record.has(PageFlag.swapBacked), record.has(PageFlag.lru),
                !record.hasAny(PageFlag.unevictable.union(.swapCache))
            {
                moveOnLists(pfn, setting: [], clearing: [.active, .referenced, .swapBacked])
            }
            putPage(pfn)
        }
        cpu.batches.lazyFree.removeAll()
    }

    /// Does what another CPU does, or did long ago: its pages wait in no batch of this one, and it drains none of them.
    func elsewhere<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        let own = cpu.batches
        cpu.batches = FolioBatches()
        defer {
            drainBatches()
            cpu.batches = own
            drainNextCPU()
        }
        try body()
    }

    /// `lru_add_drain`: everything that waits on this CPU.
    ///
    /// Who calls it in 6.18: population, once the VMA allows access at all, also where a protection key then refuses; mlock and
    /// munlock; MADV_COLD, PAGEOUT, FREE, WILLNEED (not of a disk's file) and POPULATE; MADV_COLLAPSE of a VMA that could hold
    /// a huge page, however small the range; F_SEAL_WRITE that is new; truncation and write-back that find a page; execve
    /// whose stack moves; a write to a shared page that is on no list yet. Nobody else: not munmap, exit, fork, MADV_DONTNEED
    /// or mremap.
    func drainBatches() {
        if !cpu.batches.add.isEmpty { drainAddBatch() }
        if !cpu.batches.deactivate.isEmpty { drainDeactivateBatch() }
        if !cpu.batches.lazyFree.isEmpty { drainLazyFreeBatch() }
        if !cpu.batches.activate.isEmpty { drainActivateBatch() }
        if !cpu.batches.lock.isEmpty { drainLockBatch() }
    }
}
