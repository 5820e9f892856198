/// Calls about descriptors that the scenario language does not have: other ways to one file, and seals.
extension Machine {
    /// Opens the disk itself, as open(2) of its device file does: its pages are those that `Buffers` of /proc/meminfo
    /// counts, and have what the disk holds, not what files have in memory.
    ///
    /// - Throws: EMFILE.
    package func openDisk(_ process: Int) throws(Errno) -> Int32 {
        let task = try caller(process)
        let mapping = deviceMapping()
        mapping.pointee.refcount += 1
        return try install(makeOpenFile(mapping), in: task)
    }

    /// What has no contents has few operations: a ring of io_uring, a userfaultfd. - Throws: the errno, for one of them.
    func checkOrdinary(_ file: Handle<OpenFile>, _ errno: Errno, _ operation: String) throws(Errno) {
        if file.pointee.isRing { throw refuse(errno, .fileKind("a ring of io_uring", operation)) }
        if file.pointee.userfault != nil { throw refuse(errno, .fileKind("a userfaultfd", operation)) }
    }

    /// dup(2): another descriptor of the same open file. - Throws: EBADF, EMFILE.
    package func dup(_ process: Int, _ fd: Int32) throws(Errno) -> Int32 {
        let task = try caller(process)
        let file = try openFile(task, fd)
        getFile(file)
        return try install(file, in: task)
    }

    /// open(2) of `/proc/self/fd/FD`: a new open file of the same inode, with a mode of its own.
    ///
    /// - Throws: EBADF, EMFILE, EINVAL for a file that is opened for nothing, EACCES where its mode is against it.
    package func reopen(_ process: Int, _ fd: Int32, reads: Bool, writes: Bool) throws(Errno) -> Int32 {
        let task = try caller(process)
        let file = try openFile(task, fd)
        try checkOrdinary(file, .ENXIO, "open")
        let mapping = file.pointee.mapping
        if !reads, !writes { throw refuse(.EINVAL, .combination("a file is opened for reading, for writing or both")) }
        if !mayOpen(task, mapping, reads: reads, writes: writes) {
            let wanted = reads && writes ? "read and write" : reads ? "read" : "write"
            throw refuse(
                .EACCES,
                .fileMode(mapping.pointee.mode, owner: mapping.pointee.owner, user: task.user, wanted: wanted))
        }
        mapping.pointee.refcount += 1
        return try install(makeOpenFile(mapping, canRead: reads, canWrite: writes), in: task)
    }

    /// fcntl(F_ADD_SEALS) (`memfd_add_seals`).
    ///
    /// - Throws: EBADF, EPERM for a descriptor that may not write or a file whose seals are final, EINVAL for unknown seals
    ///   or a file that is not in memory, EBUSY while a shared mapping may write to it.
    package func addSeals(_ process: Int, _ fd: Int32, _ seals: UInt32) throws(Errno) {
        let file = try openFile(try caller(process), fd)
        var new = FileSeals(rawValue: seals)
        if !file.pointee.canWrite { throw refuse(.EPERM, .notOpenFor("writing")) }
        if !new.isSubset(of: .all) {
            throw refuse(.EINVAL, .unknownBits("seals", UInt64(seals), known: UInt64(FileSeals.all.rawValue)))
        }
        let mapping = try sealable(file)
        let old = FileSeals(rawValue: mapping.pointee.seals)
        if old.contains(.seal) { throw refuse(.EPERM, .fileSeal("F_SEAL_SEAL", "more seals")) }
        // A file that may be executed may not be changed.
        if new.contains(.exec), mapping.pointee.isExecutable {
            new.formUnion([.shrink, .grow, .write, .futureWrite])
        }
        if new.contains(.write), !old.contains(.write) {
            if mapping.pointee.writableMappings > 0 {
                throw refuse(.EBUSY, .writableMappings(Int64(mapping.pointee.writableMappings)))
            }
            // memfd_tag_pins: a page that waits in a batch would look as if someone had pinned it.
            drainBatches()
            // memfd_wait_for_pins: who pinned a page may write to it.
            if pinReferences().keys.contains(where: { folio(of: $0).head.pointee.fileMapping == mapping }) {
                throw refuse(.EBUSY, .pinnedByRing)
            }
        }
        mapping.pointee.seals = old.union(new).rawValue
    }

    /// fcntl(F_GET_SEALS). - Throws: EBADF, EINVAL for a file that is not in memory.
    package func seals(_ process: Int, _ fd: Int32) throws(Errno) -> UInt32 {
        try sealable(try openFile(try caller(process), fd)).pointee.seals
    }

    /// `memfd_file_seals_ptr`.
    private func sealable(_ file: Handle<OpenFile>) throws(Errno) -> Handle<FileMapping> {
        let mapping = file.pointee.mapping
        guard mapping.pointee.kind == .shmem || mapping.pointee.kind == .hugeTLB else {
            throw refuse(.EINVAL, .fileKind("a file on a disk", "seals"))
        }
        return mapping
    }
}
