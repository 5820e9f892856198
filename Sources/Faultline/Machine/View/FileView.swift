/// A file at one moment: its inode, its page cache and who maps it (`struct inode`, `struct address_space`).
///
/// Of the live kernel no file of /proc says as much: `crash` and `drgn` show it.
public struct FileView: Sendable, Hashable {
    /// What the file lies on.
    public enum Kind: Sendable, Hashable {
        /// tmpfs, memfd, shared anonymous memory, a System V segment.
        case sharedMemory
        /// A disk file system (ext4); the device's own cache of blocks is one too.
        case disk
        /// A file that is mapped but whose pages are not known.
        case image
        /// hugetlbfs.
        case hugePages
    }

    /// A page of the page cache.
    public struct Page: Sendable, Hashable {
        /// The page's place in the file, in pages of 4 KiB.
        public var index: UInt64
        /// The frame that has it.
        public var frame: PFN
        /// How many page-table entries map it.
        public var mapCount: Int
        /// PG_dirty: it must be written back, or belongs to a file without a disk and was written to.
        public var isDirty: Bool
        /// PG_writeback: it is being written to the disk.
        public var isUnderWriteback: Bool
    }

    /// Numbers the machine's files in the order in which they were made.
    public var number: UInt64
    /// As maps shows it, without ` (deleted)`.
    public var name: String
    /// What it lies on.
    public var kind: Kind
    /// `i_size`, in bytes.
    public var size: UInt64
    /// The pages in memory, in the order of the file.
    public var pages: [Page]
    /// How many VMAs map it (`i_mmap`).
    public var mapperCount: Int
    /// How many of them are shared and may write (`i_mmap_writable`); less than 0 for a memfd that is sealed against writing.
    public var writableMappings: Int
}

extension Machine {
    /// The files that a process, a descriptor or a System V segment holds, in the order in which they were made.
    public var files: [FileView] { liveMappings().map(view(of:)) }

    private func view(of mapping: Handle<FileMapping>) -> FileView {
        var mappers = 0
        var iterator = mapping.pointee.mappers.all()
        while iterator.next() != nil { mappers += 1 }
        return FileView(
            number: mapping.pointee.serial, name: names[Int(mapping.pointee.name)],
            kind: FileView.Kind(mapping.pointee.kind), size: mapping.pointee.size, pages: cachedPages(mapping),
            mapperCount: mappers, writableMappings: Int(mapping.pointee.writableMappings))
    }

    private func cachedPages(_ mapping: Handle<FileMapping>) -> [FileView.Page] {
        var pages: [FileView.Page] = []
        var first: UInt64 = 0
        while let entry = mapping.pointee.pages.next(from: first, through: .max) {
            if entry.cached.isPage {
                for index in entry.index...entry.lastIndex {
                    let pfn = entry.cached.frame(at: index)
                    let folio = folio(of: pfn)
                    pages.append(
                        FileView.Page(
                            index: index, frame: pfn, mapCount: Int(folio.mapCount(of: pfn)),
                            isDirty: folio.head.pointee.has(PageFlag.dirty),
                            isUnderWriteback: folio.head.pointee.has(PageFlag.writeback)))
                }
            }
            guard entry.lastIndex < .max else { break }
            first = entry.lastIndex + 1
        }
        return pages
    }
}

extension FileView.Kind {
    fileprivate init(_ kind: FileMapping.Kind) {
        switch kind {
        case .shmem: self = .sharedMemory
        case .disk: self = .disk
        case .image: self = .image
        case .hugeTLB: self = .hugePages
        }
    }
}
