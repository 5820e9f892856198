/// Pages that enter or leave an address space, by the counter that they change: `rss[]` of `zap_pte_range` and
/// `copy_pte_range`.
struct PageCounts {
    private var anonymous: Int64 = 0
    private var file: Int64 = 0
    private var shmem: Int64 = 0

    /// `mm_counter`.
    @inline(__always)
    mutating func count(_ record: UnsafeMutablePointer<PageRecord>, isAnonymous: Bool) {
        if isAnonymous {
            anonymous &+= 1
        } else if record.pointee.has(PageFlag.swapBacked) {
            shmem &+= 1
        } else {
            file &+= 1
        }
    }

    /// So many private pages.
    @inline(__always)
    mutating func countPrivate(_ number: Int) { anonymous &+= Int64(truncatingIfNeeded: number) }

    /// `mm_counter_file` without a branch, which is faster where pages are mapped; where they are unmapped, the branch of ``count(_:isAnonymous:)``
    /// is.
    @inline(__always)
    mutating func countFile(_ record: UnsafeMutablePointer<PageRecord>) {
        let flag = record.pointee.flags.rawValue & PageFlag.swapBacked.rawValue
        let ofShmem = Int64(truncatingIfNeeded: flag &>> UInt32(PageFlag.swapBacked.rawValue.trailingZeroBitCount))
        shmem &+= ofShmem
        file &+= 1 &- ofShmem
    }

    /// `add_mm_rss_vec` of pages that came.
    @inline(__always)
    func add(to mm: Handle<MMStruct>) {
        MMStruct.add(anonymous, to: &mm.pointee.anonPages, &mm.pointee.foldedAnon)
        MMStruct.add(file, to: &mm.pointee.filePages, &mm.pointee.foldedFile)
        MMStruct.add(shmem, to: &mm.pointee.shmemPages, &mm.pointee.foldedShmem)
    }

    /// `add_mm_rss_vec` of pages that went.
    @inline(__always)
    func subtract(from mm: Handle<MMStruct>) {
        MMStruct.add(0 &- anonymous, to: &mm.pointee.anonPages, &mm.pointee.foldedAnon)
        MMStruct.add(0 &- file, to: &mm.pointee.filePages, &mm.pointee.foldedFile)
        MMStruct.add(0 &- shmem, to: &mm.pointee.shmemPages, &mm.pointee.foldedShmem)
    }
}
