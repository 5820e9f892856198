/// A file's pages and who maps them: `struct address_space` with the inode it belongs to.
struct FileMapping {
    enum Kind: UInt8 {
        /// tmpfs, memfd, shared anonymous memory, System V segments.
        case shmem
        /// A regular file on a disk file system (ext4).
        case disk
        /// /agent, /dev/zero and the like: mapped but with no pages that are shown.
        case image
    }

    let kind: Kind
    /// i_size, in bytes.
    var size: UInt64
    /// The page cache; values are PFN + 1.
    var pages: XArray
    /// `nrpages`.
    var pageCount: UInt64 = 0
    /// `i_mmap`: by file page.
    var mappers = IntervalTree<VMArea>()
    /// VM_SHARED mappers that may write (`i_mmap_writable`), less than 0 when sealed against writing.
    var writableMappings: Int32 = 0
    /// Open files and other holders.
    var refcount: Int32 = 1
    /// Number in the machine's table of names.
    var name: Int32
    /// F_SEAL_* of a memfd.
    var seals: UInt32 = 0
    /// shmem: pages are charged one by one as they come (VM_NORESERVE), not by size at the start.
    var chargesByPage = false
    /// Disk: blocks that are not allocated (holes) hold false; index is the file page. See `DiskFile`.
    var disk: Handle<DiskFile>?
    /// Number of the System V segment, or -1.
    var shmID: Int32 = -1
    /// Order of creation, for printing.
    var serial: UInt64
}

/// An open file: `struct file`.
struct OpenFile {
    let mapping: Handle<FileMapping>
    let canRead: Bool
    let canWrite: Bool
    /// Descriptors and VMAs that hold it.
    var refcount: Int32 = 1
    /// Private /dev/zero and such: mapped as anonymous memory.
    var readahead = ReadaheadState()
}

/// `struct file_ra_state`: where sequential reading of an open file is.
struct ReadaheadState {
    var start: UInt64 = 0
    var size: UInt32 = 0
    var asyncSize: UInt32 = 0
    var mmapMiss: UInt32 = 0
    var previousPage: Int64 = -1
}

/// What the disk holds of a file: which blocks are allocated, and their bytes.
struct DiskFile {
    /// A page's number + 1 in the device's store at the file page; absent pages are holes and read as zero.
    var blocks: XArray
}
