import CExec
import Faultline
import Glibc

/// One call about memory: made on the machine, then followed by the host's mappings. A result is that of the call, or -errno; nil leaves the
/// call to the kernel.
struct MemoryCall {
    let session: ExecSession
    let task: ExecSession.Task
    let thread: Int32

    private var machine: Machine { session.machine }
    private var space: SimulatedSpace { task.space }
    private var process: Int { task.simulated }

    /// Whole pages around a range of bytes; empty where its end does not exist.
    private func pages(_ start: UInt64, _ length: UInt64) -> Range<UInt64> {
        let first = start & ~4095
        let (end, overflow) = start.addingReportingOverflow(length)
        if overflow || end > 1 << 47 { return first..<first }
        return first..<max(first, (end + 4095) & ~4095)
    }

    /// Makes a call, and lets the host follow the ranges that it may have changed.
    private func make(changing ranges: [Range<UInt64>], _ call: () throws(Errno) -> UInt64) -> Int64 {
        var result: Int64
        do throws(Errno) { result = Int64(bitPattern: try call()) } catch { result = -Int64(error.rawValue) }
        for range in ranges where !range.isEmpty {
            space.hide(range)
            let error = space.follow(range)
            if error != 0 { session.fail(.host(action: "map memory of a program", errno: error)) }
        }
        return result
    }

    /// A call that changes no mapping of the host by itself.
    func simple(_ call: (Machine, Int) throws(Errno) -> Void) -> Int64 {
        make(changing: []) { () throws(Errno) in
            try call(machine, process)
            return 0
        }
    }

    // MARK: Mapping

    func mmap(
        _ address: UInt64, _ length: UInt64, _ protection: UInt64, _ flags: UInt64, _ file: Int32, _ offset: UInt64
    ) -> Int64 {
        let isAnonymous = flags & UInt64(MAP_ANONYMOUS) != 0
        if isAnonymous { return map(address, length, protection, flags, file: -1, offset) }
        switch openFile(file, flags) {
        case .success(let simulated?):
            defer { try? machine.close(process, simulated) }
            return map(address, length, protection, flags, file: simulated, offset)
        case .success(nil): return mapNative(address, length, protection, flags, file, offset)
        case .failure(let error): return -Int64(error.rawValue)
        }
    }

    private func map(
        _ address: UInt64, _ length: UInt64, _ protection: UInt64, _ flags: UInt64, file: Int32, _ offset: UInt64
    ) -> Int64 {
        do throws(Errno) {
            let place = try machine.mmap(
                process, address, length, prot: protection, flags: flags, fd: file, offset: offset)
            let range = pages(place, length)
            forgetNative(range)
            if file >= 0, protection & UInt64(PROT_EXEC) != 0 { space.codeSymbolizer = nil }
            return make(changing: [range]) { () throws(Errno) in place }
        } catch { return -Int64(error.rawValue) }
    }

    /// A file that is mapped privately and that the program cannot write to is simulated. nil for others.
    private func openFile(_ file: Int32, _ flags: UInt64) -> Result<Int32?, Errno> {
        let path = "/proc/\(thread)/fd/\(file)"
        var facts = stat()
        // The link's mode says how the file is open.
        if lstat(path, &facts) != 0 { return .failure(.EBADF) }
        if flags & 0xf != UInt64(MAP_PRIVATE) || facts.st_mode & S_IWUSR != 0 { return .success(nil) }
        do throws(Errno) {
            return .success(try session.files.open(path, named: HostLink.target(path) ?? path, for: process))
        } catch { return .failure(error) }
    }

    /// A mapping that stays the host's: its place is taken on the machine, its pages are not.
    private func mapNative(
        _ address: UInt64, _ length: UInt64, _ protection: UInt64, _ flags: UInt64, _ file: Int32, _ offset: UInt64
    ) -> Int64 {
        let path = "/proc/\(thread)/fd/\(file)"
        let placing = flags & UInt64(MAP_FIXED | 0x100000) | UInt64(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return -Int64(EBADF) }
        let result = map(address, length, 0, placing, file: -1, 0)
        if result < 0 { return result }
        let range = pages(UInt64(result), length)
        let mode = facts.st_mode & S_IWUSR == 0 ? O_RDONLY : facts.st_mode & S_IRUSR == 0 ? O_WRONLY : O_RDWR
        let error = path.withCString {
            fl_remote_map_file(
                space.remote, $0, mode, range.lowerBound, length, UInt32(truncatingIfNeeded: protection),
                UInt32(truncatingIfNeeded: flags & ~0x100000), offset)
        }
        if error != 0 {
            _ = munmap(range.lowerBound, length)
            return -Int64(error)
        }
        space.native.insert(range)
        session.statistics.native[HostLink.target(path) ?? path, default: 0] += 1
        return result
    }

    /// Mappings of the host's own that lay where something else is now.
    private func forgetNative(_ range: Range<UInt64>) { space.native.remove(range) }

    func munmap(_ address: UInt64, _ length: UInt64) -> Int64 {
        let range = pages(address, length)
        return make(changing: [range]) { () throws(Errno) in
            try machine.munmap(process, address, length)
            forgetNative(range)
            return 0
        }
    }

    func mremap(_ old: UInt64, _ oldLength: UInt64, _ newLength: UInt64, _ flags: UInt64, _ new: UInt64) -> Int64 {
        let range = pages(old, max(oldLength, newLength))
        if space.native.overlaps(pages(old, max(oldLength, 1))) {
            session.statistics.refused["mremap of a shared file", default: 0] += 1
            return -Int64(ENOMEM)
        }
        do throws(Errno) {
            let place = try machine.mremap(process, old, oldLength, newLength, flags: flags, new: new)
            let target = pages(place, newLength)
            forgetNative(target)
            return make(changing: [range, target]) { () throws(Errno) in place }
        } catch { return make(changing: [range]) { () throws(Errno) in throw error } }
    }

    func mprotect(_ address: UInt64, _ length: UInt64, _ protection: UInt64, key: Int32) -> Int64 {
        let range = pages(address, length)
        let native = space.native.inside(range)
        for part in native {
            let error = fl_remote_protect(
                space.remote, part.lowerBound, part.upperBound - part.lowerBound, UInt32(truncatingIfNeeded: protection)
            )
            if error != 0 { return -Int64(error) }
        }
        if native == [range] { return 0 }
        return make(changing: [range]) { () throws(Errno) in
            if key == -1 {
                try machine.mprotect(process, address, length, prot: protection)
            } else {
                try machine.pkeyMprotect(process, address, length, prot: protection, key: key)
            }
            return 0
        }
    }

    func brk(_ address: UInt64) -> Int64 {
        do throws(Errno) {
            let before = try machine.brk(process, 0)
            let after = try machine.brk(process, address)
            let changed = pages(min(before, after), max(before, after) - min(before, after))
            return make(changing: before == after ? [] : [changed]) { () throws(Errno) in after }
        } catch { return 0 }
    }

    // MARK: Advice, locks, questions

    func madvise(_ address: UInt64, _ length: UInt64, _ advice: Int32) -> Int64 {
        let range = pages(address, length)
        if space.native.overlaps(range) {
            return -Int64(fl_remote_call(space.remote, 28, address, length, UInt64(UInt32(bitPattern: advice))))
        }
        // Guard regions come and go without a flush.
        let isGuard = advice == 102 || advice == 103
        return make(changing: isGuard ? [range] : []) { () throws(Errno) in
            try machine.madvise(process, address, length, advice: advice)
            return 0
        }
    }

    func msync(_ address: UInt64, _ length: UInt64, _ flags: UInt64) -> Int64 {
        if space.native.overlaps(pages(address, length)) {
            return -Int64(fl_remote_call(space.remote, 26, address, length, flags))
        }
        return simple { (machine, process) throws(Errno) in
            try machine.msync(process, address, length, flags: Int32(truncatingIfNeeded: flags))
        }
    }

    func mlock(_ address: UInt64, _ length: UInt64, flags: UInt64) -> Int64 {
        simple { (machine, process) throws(Errno) in try machine.mlock2(process, address, length, flags: flags) }
    }

    func munlock(_ address: UInt64, _ length: UInt64) -> Int64 {
        simple { (machine, process) throws(Errno) in try machine.munlock(process, address, length) }
    }

    func mincore(_ address: UInt64, _ length: UInt64, _ vector: UInt64) -> Int64 {
        simple { (machine, process) throws(Errno) in
            let pages = try machine.mincore(process, address, length)
            do { try machine.write(ProcessID(process), at: vector, pages.map { $0 ? 1 : 0 }) } catch { throw .EFAULT }
        }
    }

    // MARK: Limits

    func setrlimit(_ resource: UInt64, at place: UInt64) -> Int64? {
        guard let words = session.read(place, words: 2, of: task) else { return -Int64(EFAULT) }
        return setLimit(resource, words[0])
    }

    func prlimit(_ target: UInt64, _ resource: UInt64, at place: UInt64) -> Int64? {
        let isOwn = target == 0 || target == UInt64(UInt32(bitPattern: thread))
        guard isOwn, place != 0, let words = session.read(place, words: 2, of: task) else { return nil }
        return setLimit(resource, words[0])
    }

    /// Tells the machine of a limit that counts for memory; the kernel sets it too.
    private func setLimit(_ resource: UInt64, _ limit: UInt64) -> Int64? {
        guard [2, 3, 8, 9].contains(resource) else { return nil }
        try? machine.setrlimit(process, resource: Int32(resource), limit: limit)
        return nil
    }
}
