/// Buffers that a program registers with io_uring: pages that stay pinned (`io_uring/rsrc.c`).
extension Machine {
    /// io_uring_setup(2) of a ring with one entry, and io_uring_register(2) of one buffer.
    ///
    /// - Returns: the ring's descriptor. Where the buffer cannot be registered, the ring is closed again.
    /// - Throws: ERESTARTNOINTR where a page of it is userspace's to serve. EMFILE; EFAULT for a length of 0 or above 1 GiB, and for pages that may not be written to; EOVERFLOW; ENOMEM.
    package func pin(_ process: Int, _ address: UInt64, _ length: UInt64) throws(Errno) -> Int32 {
        let task = try caller(process)
        let number = try setUpRing(task)
        let mapping = makeMapping(.image, name: names.number(of: "anon_inode:[io_uring]"), size: 0)
        mapping.pointee.ring = Int32(number)
        let descriptor = try install(makeOpenFile(mapping), in: task)
        task.closedOnExec.insert(descriptor)
        let request = PinRequest(ring: number, descriptor: descriptor, address: address, length: length)
        do { return Int32(truncatingIfNeeded: try register(task, request)) } catch {
            return Int32(truncatingIfNeeded: try concluded(task, error))
        }
    }

    /// Registers a buffer, or goes on with it. - Returns: the ring's descriptor.
    func register(_ task: Process, _ request: PinRequest) throws(Errno) -> UInt64 {
        do throws(Errno) {
            try registerBuffer(task, request)
        } catch {
            if error != .waiting, let file = task.files[Int(request.descriptor)] {
                task.files[Int(request.descriptor)] = nil
                putFile(file)
            }
            throw error
        }
        return UInt64(request.descriptor)
    }

    /// io_uring_register(2) with IORING_UNREGISTER_BUFFERS; the descriptor is closed then.
    ///
    /// - Throws: EBADF, EOPNOTSUPP for another kind of file, ENXIO where nothing is registered.
    package func unpin(_ process: Int, _ fd: Int32) throws(Errno) {
        let task = try caller(process)
        let file = try openFile(task, fd)
        let number = Int(file.pointee.mapping.pointee.ring)
        if number < 0 { throw refuse(.EOPNOTSUPP, .notARing(fd)) }
        if !unregisterBuffers(number) { throw refuse(.ENXIO, .nothingRegistered(fd)) }
        task.files[Int(fd)] = nil
        putFile(file)
    }

    /// `io_uring_create`: the lowest free number of a ring.
    private func setUpRing(_ task: Process) throws(Errno) -> Int {
        var ring = Ring(mm: task.mm)
        if !task.capabilities.canLockMemory {
            ring.user = task.user
            try checkRingLimit(task, more: Ring.ownPages)
        }
        guard let free = rings.firstIndex(where: { $0 == nil }) else {
            rings.append(ring)
            return rings.count - 1
        }
        rings[free] = ring
        return free
    }

    /// `__io_account_mem`: what a user's rings may lock in all.
    private func checkRingLimit(_ task: Process, more pages: UInt64) throws(Errno) {
        let locked = lockedByRings(of: task.user)
        if locked + pages > task.limits.lockedMemory >> 12 {
            throw refuse(.ENOMEM, .lockLimit(locked: locked, more: pages, limit: task.limits.lockedMemory))
        }
    }

    /// `io_sqe_buffers_register` of one buffer.
    private func registerBuffer(_ task: Process, _ request: PinRequest) throws(Errno) {
        let (number, address, length) = (request.ring, request.address, request.length)
        if address == 0, length == 0 {
            // An empty slot of the table.
            rings[number]?.buffer = []
            return
        }
        // io_buffer_validate
        if address == 0 || length == 0 || length > 1 << 30 {
            throw refuse(.EFAULT, .argument("len", .bytes(length), "a buffer has an address, and 1 byte to 1 GiB"))
        }
        let (end, wraps) = address.addingReportingOverflow(length &+ 4095)
        if wraps { throw refuse(.EOVERFLOW, .rangeWraps(address, length)) }
        if end > AddressSpaceLimit.taskSize { throw refuse(.EFAULT, .beyondUserSpace(address, length)) }
        let pages = try pinBuffer(task, request, count: end >> 12 - address >> 12)
        let accounted = accountedPages(pages, in: number)
        do throws(Errno) {
            if rings[number]?.user != nil { try checkRingLimit(task, more: accounted) }
        } catch {
            for pfn in pages { unpinPage(pfn) }
            throw error
        }
        rings[number]?.buffer = pages
        rings[number]?.accounted = accounted
        task.mm.pointee.pinnedVM += accounted
    }

    /// `io_pin_pages`: all of them, or none. What there is stays pinned while the process waits for more.
    private func pinBuffer(_ task: Process, _ request: PinRequest, count: UInt64) throws(Errno) -> [PFN] {
        var pages =
            request.isBegun
            ? rings[request.ring]?.gathered ?? []
            : pinPresentPages(task, request.address, count: count, staysPinned: true)
        rings[request.ring]?.gathered = []
        let done = UInt64(pages.count)
        if done == count { return pages }
        do throws(Errno) {
            let first = request.address.pageAlignedDown &+ done << 12
            pages += try pinPages(task, task.mm, first, count: count - done, for: .buffer)
        } catch {
            if done == 0 { throw error }
        }
        if task.wait != nil {
            rings[request.ring]?.gathered = pages
            var rest = request
            rest.isBegun = true
            userfaults.steps.append(.pin(rest))
            throw .waiting
        }
        if UInt64(pages.count) == count { return pages }
        for pfn in pages { unpinPage(pfn) }
        // Whatever ended it early has said why.
        throw renamed(.EFAULT)
    }

    /// `io_buffer_account_pin`: a large folio counts whole, where the ring does not hold it already.
    private func accountedPages(_ pages: [PFN], in number: Int) -> UInt64 {
        var seen = Set((rings[number]?.pages ?? []).map { folio(of: $0).pfn })
        return pages.reduce(0) { sum, pfn in
            let folio = folio(of: pfn)
            if !folio.isLarge { return sum + 1 }
            return seen.insert(folio.pfn).inserted ? sum + folio.pageCount : sum
        }
    }

    /// `VmPin` of /proc/PID/status, in KiB. - Throws: ESRCH.
    package func pinnedKiB(_ process: Int) throws(Errno) -> UInt64 { try task(process).mm.pointee.pinnedVM * 4 }
}
