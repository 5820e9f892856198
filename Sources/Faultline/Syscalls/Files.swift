/// Calls that make, size and close files.
extension Machine {
    // MARK: Descriptors

    /// `fd_install` of the lowest free number.
    ///
    /// - Throws: EMFILE at the limit; the file is let go then.
    func install(_ file: Handle<OpenFile>, in task: Process) throws(Errno) -> Int32 {
        var number = 0
        while number < task.files.count, task.files[number] != nil { number += 1 }
        if UInt64(number) >= task.limits.openFiles {
            putFile(file)
            throw refuse(.EMFILE, .openFiles(task.limits.openFiles))
        }
        if number == task.files.count { task.files.append(nil) }
        task.files[number] = file
        task.closedOnExec.remove(Int32(number))
        return Int32(number)
    }

    /// close(2). - Throws: EBADF.
    package func close(_ process: Int, _ fd: Int32) throws(Errno) {
        let task = try caller(process)
        let file = try openFile(task, fd)
        task.files[Int(fd)] = nil
        putFile(file)
    }

    // MARK: New files

    /// memfd_create(2) (`mm/memfd.c`).
    ///
    /// - Throws: EINVAL for unknown flags or a name of more than 249 bytes; ENODEV for a size of huge pages that the CPU
    ///   does not have; ENOMEM; EMFILE.
    package func memfdCreate(_ process: Int, _ name: String, flags: UInt64) throws(Errno) -> Int32 {
        let task = try caller(process)
        let flags = MemoryFileFlags(rawValue: UInt32(truncatingIfNeeded: flags))
        let known: MemoryFileFlags = flags.contains(.hugeTLB) ? [.all, .hugeSize] : .all
        if !flags.subtracting(known).isEmpty {
            throw refuse(.EINVAL, .unknownBits("flags", UInt64(flags.rawValue), known: UInt64(known.rawValue)))
        }
        if flags.isSuperset(of: [.exec, .noExecSeal]) {
            throw refuse(.EINVAL, .combination("MFD_EXEC and MFD_NOEXEC_SEAL exclude each other"))
        }
        if name.utf8.count > 249 {
            throw refuse(.EINVAL, .argument("name", .bytes(UInt64(name.utf8.count)), "at most 249 bytes"))
        }
        let number = names.number(of: "/memfd:\(name)")
        let mapping: Handle<FileMapping>
        if flags.contains(.hugeTLB) {
            guard let bytes = PageSize.ofHugeTLB(shift: UInt64(flags.rawValue >> 26)) else {
                throw refuse(.ENODEV, .hugePageSize(UInt64(flags.rawValue >> 26)))
            }
            if bytes != PageSize.large { meet(.gigabytePages) }
            mapping = makePoolFile(name: number, size: 0, pageBytes: bytes)
        } else {
            mapping = try makeShmem(name: number, size: 0, reserves: false)
        }
        if flags.contains(.noExecSeal) {
            mapping.pointee.seals = FileSeals.exec.rawValue
            mapping.pointee.isExecutable = false
            mapping.pointee.mode = 0o666
        } else if !flags.contains(.allowSealing) {
            mapping.pointee.seals = FileSeals.seal.rawValue
        }
        let descriptor = try install(makeOpenFile(mapping), in: task)
        if flags.contains(.closeOnExec) { task.closedOnExec.insert(descriptor) }
        return descriptor
    }

    /// A file on tmpfs whose page i is full of the byte `(i & 127) + 1`; named as given.
    ///
    /// - Parameters:
    ///   - size: in bytes; every page of it takes a frame.
    ///   - mount: the number of the tmpfs that the file lies in; 0 for the kernel's own, which has no limit.
    /// - Throws: EFBIG for more than a file can have, ENOMEM for more than the machine has frames, ENOSPC where the tmpfs is
    ///   full, EBADF where there is none, EMFILE.
    package func tmpfsFile(_ process: Int, name: String, size: UInt64, mount: Int32 = 0) throws(Errno) -> Int32 {
        let task = try caller(process)
        if mount != 0 { try checkMount(mount) }
        let limit = mount == 0 ? 0 : tmpfsMounts[Int(mount) - 1].blockLimit
        try checkFilledSize(size, limit: Self.largestFile, blocks: limit == 0 ? .max : limit)
        let mapping = try makeShmem(name: names.number(of: name), size: 0, reserves: false)
        mapping.pointee.mount = mount
        if mount != 0 { mapping.pointee.mode = 0o600 }
        mapping.pointee.seals = FileSeals.seal.rawValue
        let descriptor = try install(makeOpenFile(mapping), in: task)
        do {
            for index in 0..<(size.pageCountUp) {
                // It is written page by page.
                let demand = ShmemDemand(writeEnd: min((index + 1) << 12, size))
                let pfn = try relieving(task) { () throws(Errno) in try shmemPage(mapping, index, .write, demand) }
                fillPattern(pfn, index, size)
                folio(of: pfn).head.pointee.set(PageFlag.uptodate)
                markFilePageDirty(folio(of: pfn).head)
            }
        } catch {
            withdraw(descriptor, from: task)
            throw error
        }
        mapping.pointee.size = size
        return descriptor
    }

    /// A file on a disk file system, with contents as those of ``tmpfsFile(_:name:size:)``, written back and in memory.
    ///
    /// - Throws: EFBIG for more than a file can have, ENOMEM for more than the machine has frames, ENOSPC, EMFILE.
    package func diskFile(_ process: Int, name: String, size: UInt64) throws(Errno) -> Int32 {
        let task = try caller(process)
        // Pages that were written give way to those that follow.
        try checkFilledSize(size, limit: Self.largestDiskFile, room: max(physical.totalPages, 1 << 18))
        let mapping = makeDiskMapping(name: name, size: size)
        let descriptor = try install(makeOpenFile(mapping), in: task)
        do {
            try elsewhere { () throws(Errno) in
                for index in 0..<(size.pageCountUp) {
                    try relieving(task) { () throws(Errno) in
                        try addWrittenPage(mapping, index) { fillPattern($0, index, size) }
                    }
                }
            }
        } catch {
            withdraw(descriptor, from: task)
            throw error
        }
        checkpoint()
        return descriptor
    }

    /// Closes a file that could not be filled.
    private func withdraw(_ fd: Int32, from task: Process) {
        // Who was killed over it has closed everything.
        guard task.isAlive, let file = task.files[Int(fd)] else { return }
        task.files[Int(fd)] = nil
        putFile(file)
    }

    /// What could never be filled is refused before it is begun; more than so many blocks the file system will not let it have.
    private func checkFilledSize(
        _ size: UInt64, limit: UInt64, blocks: UInt64 = .max, room: UInt64? = nil
    ) throws(Errno) {
        if size > limit { throw refuse(.EFBIG, .largestFile(size, limit: limit)) }
        if min(size.pageCountUp, blocks) > room ?? physical.totalPages {
            throw refuse(.ENOMEM, .fileInMemory(pages: size.pageCountUp, memory: physical.totalPages))
        }
    }

    private func fillPattern(_ pfn: PFN, _ index: UInt64, _ size: UInt64) {
        let length = Int(min(4096, size - index << 12))
        frames.fill(pfn, offset: 0, length: length, byte: UInt8(index & 127) + 1)
        frames.fill(pfn, offset: length, length: 4096 - length, byte: 0)
    }

    // MARK: Size

    /// ftruncate(2).
    ///
    /// - Throws: EBADF, EINVAL for a length that is negative or a file not open for writing, EFBIG, EPERM for seals,
    ///   ENOMEM, EIO.
    package func ftruncate(_ process: Int, _ fd: Int32, _ length: UInt64) throws(Errno) {
        let task = try caller(process)
        if Int64(bitPattern: length) < 0 { throw refuse(.EINVAL, .badPosition(0, length)) }
        let file = try openFile(task, fd)
        if !file.pointee.canWrite { throw refuse(.EINVAL, .notOpenFor("writing")) }
        if file.pointee.isRing { throw refuse(.EINVAL, .fileKind("a ring of io_uring", "a size that can be set")) }
        let mapping = file.pointee.mapping
        // Only regular files have a size that can be set.
        if mapping.pointee.disk?.pointee.isDevice ?? false {
            throw refuse(.EINVAL, .fileKind("a disk", "a size that can be set"))
        }
        let seals = FileSeals(rawValue: mapping.pointee.seals)
        let old = mapping.pointee.size
        let unit = mapping.pointee.hugePageBytes
        if unit > 0, length % unit != 0 { throw refuse(.EINVAL, .unaligned("length", length, to: unit)) }
        if length < old && seals.contains(.shrink) {
            throw refuse(.EPERM, .fileSeal("F_SEAL_SHRINK", "shrinking"))
        }
        if length > old && seals.contains(.grow) { throw refuse(.EPERM, .fileSeal("F_SEAL_GROW", "growth")) }
        try checkNewSize(task, mapping, length)
        if unit > 0 { return truncatePoolFile(mapping, to: length) }
        try setFileSize(mapping, length)
    }

    /// `inode_newsize_ok`.
    func checkNewSize(_ task: Process, _ mapping: Handle<FileMapping>, _ size: UInt64) throws(Errno) {
        if size <= mapping.pointee.size { return }
        if size > task.limits.fileSize {
            throw refuse(.EFBIG, .fileSizeLimit(size, limit: task.limits.fileSize))
        }
        if size > Self.maximumSize(mapping) {
            throw refuse(.EFBIG, .largestFile(size, limit: Self.maximumSize(mapping)))
        }
    }

    /// `s_maxbytes`.
    static func maximumSize(_ mapping: Handle<FileMapping>) -> UInt64 {
        if mapping.pointee.disk?.pointee.isDevice ?? false { return mapping.pointee.size }
        return mapping.pointee.kind == .disk ? largestDiskFile : largestFile
    }

    /// `ext4_max_size` with blocks of 4 KiB and extents.
    static var largestDiskFile: UInt64 { (1 << 44) - 4096 }

    /// `memfd_check_seals_mmap`: what seals take away from a new mapping.
    ///
    /// - Throws: EPERM for a shared writable mapping of a file that is sealed against writing.
    func checkSeals(_ mapping: Handle<FileMapping>, _ flags: inout VMFlags) throws(Errno) {
        let seals = FileSeals(rawValue: mapping.pointee.seals)
        if seals.isDisjoint(with: [.write, .futureWrite]) || !flags.has(.mayShare) { return }
        if flags.isSuperset(of: [.shared, .write]) {
            throw refuse(.EPERM, .fileSeal(seals.writeName, "shared writable mappings"))
        }
        flags.subtract(.mayWrite)
    }
}

/// The flags of memfd_create(2): `MFD_` (`uapi/linux/memfd.h`).
public struct MemoryFileFlags: OptionSet, Hashable, Sendable {
    /// The bits as the system call takes them.
    public let rawValue: UInt32

    /// The flags with these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `MFD_CLOEXEC`.
    public static let closeOnExec = MemoryFileFlags(rawValue: 1)
    /// `MFD_ALLOW_SEALING`.
    public static let allowSealing = MemoryFileFlags(rawValue: 2)
    /// `MFD_HUGETLB`.
    public static let hugeTLB = MemoryFileFlags(rawValue: 4)
    /// `MFD_NOEXEC_SEAL`.
    public static let noExecSeal = MemoryFileFlags(rawValue: 8)
    /// `MFD_EXEC`.
    public static let exec = MemoryFileFlags(rawValue: 16)

    static let all = MemoryFileFlags(rawValue: 31)
    /// log2 of the huge page's size in the bits from 26.
    static let hugeSize = MemoryFileFlags(rawValue: 0x3f << 26)
}

/// F_SEAL_* of a memory file (`uapi/linux/fcntl.h`).
struct FileSeals: OptionSet {
    let rawValue: UInt32
    static let seal = FileSeals(rawValue: 1)
    static let shrink = FileSeals(rawValue: 2)
    static let grow = FileSeals(rawValue: 4)
    static let write = FileSeals(rawValue: 8)
    static let futureWrite = FileSeals(rawValue: 16)
    static let exec = FileSeals(rawValue: 32)
    static let all = FileSeals(rawValue: 63)

    /// The seal that forbids writing.
    var writeName: String { contains(.write) ? "F_SEAL_WRITE" : "F_SEAL_FUTURE_WRITE" }
}

extension UInt64 {
    /// Bytes to pages, rounding up.
    @inline(__always) var pageCountUp: UInt64 { (self &+ 4095) >> 12 }
}
