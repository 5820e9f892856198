extension Machine {
    /// pread(2) into memory of the caller's that never faults: the bytes themselves are not handed out.
    ///
    /// - Returns: the bytes read, 0 at the end of the file.
    /// - Throws: EBADF, EINVAL for a negative offset, EIO, ENOMEM.
    package func pread(_ process: Int, _ fd: Int32, offset: UInt64, length: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        if Int64(bitPattern: offset) < 0 { throw refuse(.EINVAL, .badPosition(offset, length)) }
        let file = try openFile(task, fd)
        try checkOrdinary(file, .ESPIPE, "a position")
        if !file.pointee.canRead { throw refuse(.EBADF, .notOpenFor("reading")) }
        try checkRange(offset, length)
        let mapping = file.pointee.mapping
        let size = mapping.pointee.size
        if length == 0 || offset >= size { return 0 }
        let count = min(length, Self.largestTransfer, size - offset)
        if mapping.pointee.kind == .disk {
            try readThrough(task, file, offset, count)
        } else {
            for index in (offset >> 12)...((offset + count - 1) >> 12) {
                // shmem_file_read_iter: what is in the swap area comes back; only reading a page's first byte counts.
                let slot = Self.shmemSlot(mapping.pointee.pages.load(index), of: mapping)
                if let slot {
                    _ = try relieving(task) { () throws(Errno) in try swapInShmem(mapping, index, slot, .cache) }
                }
                // Of a large folio it is the first byte of all.
                if index << 12 >= offset, let pfn = cachedPage(mapping, index), !page(pfn).pointee.has(.tail) {
                    markAccessed(pfn)
                }
            }
        }
        return count
    }

    /// `MAX_RW_COUNT`: a longer read or write stops there.
    static var largestTransfer: UInt64 { 0x7fff_f000 }

    /// `rw_verify_area`: the end must be a file position too.
    private func checkRange(_ offset: UInt64, _ length: UInt64) throws(Errno) {
        if Int64(bitPattern: length) < 0 || Int64(bitPattern: offset &+ length) < 0 {
            throw refuse(.EINVAL, .badPosition(offset, length))
        }
    }

    /// `filemap_read`: brings what is read into memory. Memory files give zeros for their holes and stay as they are.
    private func readThrough(
        _ task: Process, _ file: Handle<OpenFile>, _ offset: UInt64, _ length: UInt64
    ) throws(Errno) {
        let mapping = file.pointee.mapping
        let first = offset >> 12
        let last = (offset + length - 1) >> 12
        for index in first...last {
            if let cached = cachedPage(mapping, index) {
                readAheadOfMark(file, cached, index, count: last - index + 1)
            } else {
                readAheadOfRead(file, index, count: last - index + 1)
            }
            let pfn = try relieving(task) { () throws(Errno) in try diskPage(mapping, index) }
            let folio = folio(of: pfn)
            // Reading on in the page, or in the folio, that was read last does not count again.
            if index >> folio.order != file.pointee.readahead.previousPage >> folio.order { markAccessed(folio.pfn) }
            file.pointee.readahead.previousPage = index
        }
    }

    /// pwrite(2) of `length` bytes that all are `byte`.
    ///
    /// - Returns: the bytes written.
    /// - Throws: EBADF, EINVAL for a negative offset, EFBIG, EPERM for seals, ENOSPC, ENOMEM, EIO.
    package func pwrite(
        _ process: Int, _ fd: Int32, offset: UInt64, length: UInt64, byte: UInt8
    ) throws(Errno) -> UInt64 {
        let task = try caller(process)
        if Int64(bitPattern: offset) < 0 { throw refuse(.EINVAL, .badPosition(offset, length)) }
        let file = try openFile(task, fd)
        try checkOrdinary(file, .ESPIPE, "a position")
        if !file.pointee.canWrite { throw refuse(.EBADF, .notOpenFor("writing")) }
        // hugetlbfs has no write_iter.
        if file.pointee.mapping.pointee.kind == .hugeTLB {
            throw refuse(.EINVAL, .fileKind("a file of huge pages", "write"))
        }
        try checkRange(offset, length)
        if length == 0 { return 0 }
        let mapping = file.pointee.mapping
        // blkdev_write_iter.
        if mapping.pointee.disk?.pointee.isDevice ?? false, offset >= mapping.pointee.size {
            throw refuse(.ENOSPC, .beyondFile(offset, size: mapping.pointee.size))
        }
        let limit = min(task.limits.fileSize, Self.maximumSize(mapping))
        if offset >= limit {
            throw refuse(
                .EFBIG,
                limit == task.limits.fileSize
                    ? .fileSizeLimit(offset &+ length, limit: limit) : .largestFile(offset &+ length, limit: limit))
        }
        let count = min(length, Self.largestTransfer, limit - offset)
        try zeroBehindEnd(mapping, until: offset)
        var done: UInt64 = 0
        while done < count {
            let position = offset + done
            do {
                let rest = count - done
                done += try relieving(task) { () throws(Errno) in try writePart(mapping, position, rest, byte) }
            } catch {
                if done > 0 { return done }
                throw error
            }
        }
        return done
    }

    /// `ext4_write_checks`: before a write behind the end, what a mapping wrote there within the end's block must go.
    private func zeroBehindEnd(_ mapping: Handle<FileMapping>, until offset: UInt64) throws(Errno) {
        let size = mapping.pointee.size
        guard mapping.pointee.kind == .disk, size & 4095 != 0, offset > size else { return }
        try zeroInBlock(mapping, size, min(offset, size.pageAlignedUp) - size)
    }

    /// `generic_perform_write` within one page, or one large folio.
    ///
    /// - Parameter rest: how much is to be written from the position on.
    /// - Returns: how much was.
    private func writePart(
        _ mapping: Handle<FileMapping>, _ position: UInt64, _ rest: UInt64, _ byte: UInt8
    ) throws(Errno) -> UInt64 {
        let index = position >> 12
        let start = Int(position & 4095)
        let length = min(rest, 4096 - (position & 4095))
        let end = start + Int(length)
        let pfn: PFN
        if mapping.pointee.kind == .disk {
            balanceDirtyPages()
            pfn = try diskPage(mapping, index)
            if !prepareForWrite(mapping, index, pfn) { throw refuse(.ENOSPC, .diskFull) }
        } else {
            // shmem_write_begin: a write that grows the file may be taken up to its end.
            let seals = FileSeals(rawValue: mapping.pointee.seals)
            if !seals.isDisjoint(with: [.write, .futureWrite]) {
                throw refuse(.EPERM, .fileSeal(seals.writeName, "a write"))
            }
            if seals.contains(.grow), position + length > mapping.pointee.size {
                throw refuse(.EPERM, .fileSeal("F_SEAL_GROW", "growth"))
            }
            pfn = try shmemPage(mapping, index, .write, ShmemDemand(writeEnd: position + length))
            if page(pfn).pointee.isOfLargeFolio { return writeLarge(mapping, pfn, position, rest, byte) }
            if !page(pfn).pointee.has(PageFlag.uptodate) {
                frames.fill(pfn, offset: 0, length: start, byte: 0)
                frames.fill(pfn, offset: end, length: 4096 - end, byte: 0)
                page(pfn).pointee.set(PageFlag.uptodate)
            }
        }
        frames.fill(pfn, offset: start, length: Int(length), byte: byte)
        if mapping.pointee.kind == .disk { setDirty(folio(of: pfn).head) } else { markFilePageDirty(pfn) }
        if position + length > mapping.pointee.size { mapping.pointee.size = position + length }
        return length
    }

    /// `shmem_write_end` of a large folio: as much as it has room for.
    private func writeLarge(
        _ mapping: Handle<FileMapping>, _ pfn: PFN, _ position: UInt64, _ rest: UInt64, _ byte: UInt8
    ) -> UInt64 {
        let folio = folio(of: pfn)
        let first = (pfn - folio.pfn) << 12 + position & 4095
        let count = min(rest, folio.pageCount << 12 - first)
        var place = first
        while place < first + count {
            let part = min(first + count - place, 4096 - place & 4095)
            frames.fill(folio.pfn + place >> 12, offset: Int(place & 4095), length: Int(part), byte: byte)
            place += part
        }
        folio.head.pointee.set(.uptodate)
        markFilePageDirty(folio.head)
        if position + count > mapping.pointee.size { mapping.pointee.size = position + count }
        return count
    }
}
