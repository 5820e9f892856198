import Testing

@testable import Faultline

/// What descriptors of other modes and seals allow; every value is the live kernel's for the same calls.
struct DescriptorTests {
    private static let area: UInt64 = 0x1000_0000_0000
    private static let shared: UInt64 = 0x11
    private static let `private`: UInt64 = 0x12

    private static func machine() throws -> (Machine, Int) {
        let machine = try Machine(ramBytes: 64 << 20)
        return (machine, try machine.start())
    }

    /// The errno of a call, or nil.
    private func errno(_ call: () throws -> Void) -> Errno? {
        do { try call() } catch { return error as? Errno }
        return nil
    }

    @Test("modes are checked by mmap, mprotect and madvise", arguments: [false, true])
    func modesOfMappings(_ isDisk: Bool) throws {
        let (machine, process) = try Self.machine()
        let file =
            isDisk
            ? try machine.diskFile(process, name: "file:f", size: 16384)
            : try machine.tmpfsFile(process, name: "file:f", size: 16384)
        let reader = try machine.reopen(process, file, reads: true, writes: false)
        let writer = try machine.reopen(process, file, reads: false, writes: true)
        func map(_ prot: UInt64, _ flags: UInt64, _ fd: Int32) -> Errno? {
            errno { try machine.mmap(process, Self.area, 4096, prot: prot, flags: flags, fd: fd) }
        }
        #expect(map(3, Self.shared, reader) == .EACCES)
        #expect(map(3, Self.private, reader) == nil)
        #expect(map(1, Self.private, writer) == .EACCES)
        #expect(map(2, Self.shared, writer) == .EACCES)
        #expect(map(0, Self.shared, writer) == .EACCES)
        #expect(map(2, Self.shared | 0x100, writer) == .EACCES)
        #expect(map(3, Self.shared | 0x100, reader) == .EACCES)
        #expect(map(1, Self.shared | 0x100, reader) == .EINVAL)
        #expect(map(1, Self.shared, reader) == nil)
        #expect(errno { try machine.mprotect(process, Self.area, 4096, prot: 3) } == .EACCES)
        #expect(errno { try machine.madvise(process, Self.area, 4096, advice: 9) } == .EACCES)
        #expect(errno { try machine.madvise(process, Self.area, 4096, advice: 23) } == .EINVAL)
        #expect(errno { try machine.msync(process, Self.area, 4096, flags: 4) } == nil)
        let snapshot = try machine.snapshot(process)
        let vma = try #require(snapshot.vmas.first { $0.start == Self.area })
        #expect(vma.flags == "rd mr me ms" && vma.permissions == "r--s")
        #expect(machine.checkInvariants() == nil)
    }

    @Test("modes are checked by the calls on files", arguments: [false, true])
    func modesOfCalls(_ isDisk: Bool) throws {
        let (machine, process) = try Self.machine()
        let file =
            isDisk
            ? try machine.diskFile(process, name: "file:f", size: 16384)
            : try machine.tmpfsFile(process, name: "file:f", size: 16384)
        let reader = try machine.reopen(process, file, reads: true, writes: false)
        let writer = try machine.reopen(process, file, reads: false, writes: true)
        #expect(errno { try machine.ftruncate(process, reader, 0) } == .EINVAL)
        #expect(errno { try machine.ftruncate(process, writer, 16384) } == nil)
        #expect(errno { _ = try machine.pwrite(process, reader, offset: 0, length: 1, byte: 0) } == .EBADF)
        #expect(errno { _ = try machine.pwrite(process, reader, offset: 0, length: 0, byte: 0) } == .EBADF)
        #expect(errno { _ = try machine.pwrite(process, reader, offset: .max, length: 1, byte: 0) } == .EINVAL)
        #expect(errno { _ = try machine.pread(process, writer, offset: 0, length: 1) } == .EBADF)
        #expect(errno { _ = try machine.pread(process, writer, offset: 0, length: 0) } == .EBADF)
        #expect(errno { try machine.fallocate(process, reader, mode: 0, 0, 4096) } == .EBADF)
        #expect(errno { try machine.fallocate(process, reader, mode: 0, 0, 0) } == .EINVAL)
        #expect(errno { try machine.fallocate(process, reader, mode: 2, 0, 4096) } == .EOPNOTSUPP)
        #expect(errno { try machine.fallocate(process, writer, mode: 3, 0, 4096) } == nil)
        #expect(errno { try machine.fsync(process, reader) } == nil)
        #expect(errno { _ = try machine.reopen(process, 99, reads: true, writes: true) } == .EBADF)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a duplicate is the same open file, in the process and in its children")
    func duplicates() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.diskFile(process, name: "file:f", size: 16384)
        let copy = try machine.dup(process, file)
        #expect(copy == file + 1)
        let other = try machine.reopen(process, file, reads: true, writes: true)
        // VMAs merge where they map one open file, not one inode.
        try machine.mmap(process, Self.area, 4096, prot: 1, flags: Self.shared, fd: file)
        try machine.mmap(process, Self.area + 4096, 4096, prot: 1, flags: Self.shared, fd: copy, offset: 4096)
        try machine.mmap(process, Self.area + 8192, 4096, prot: 1, flags: Self.shared, fd: other, offset: 8192)
        let vmas = try machine.snapshot(process).vmas.filter { $0.start >= Self.area && $0.start < Self.area + 65536 }
        #expect(vmas.map(\.end) == [Self.area + 8192, Self.area + 12288])
        let child = try machine.fork(process)
        try machine.close(process, file)
        try machine.close(process, copy)
        #expect(errno { try machine.fsync(process, copy) } == .EBADF)
        try machine.ftruncate(child, copy, 4096)
        try machine.close(child, copy)
        #expect(throws: AccessFault(signal: .busError, address: Self.area + 4096)) {
            try machine.load(process, Self.area + 4096).get()
        }
        #expect(errno { _ = try machine.dup(process, -1) } == .EBADF)
        #expect(errno { _ = try machine.dup(process, 99) } == .EBADF)
        try machine.setrlimit(process, resource: 7, limit: 3)
        #expect(try machine.dup(process, other) == 0)
        #expect(try machine.dup(process, other) == 1)
        #expect(errno { _ = try machine.dup(process, other) } == .EMFILE)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a writer adds seals until they are final")
    func addingSeals() throws {
        let (machine, process) = try Self.machine()
        let disk = try machine.diskFile(process, name: "file:f", size: 4096)
        #expect(errno { try machine.addSeals(process, disk, 8) } == .EINVAL)
        #expect(errno { _ = try machine.seals(process, disk) } == .EINVAL)
        #expect(errno { try machine.addSeals(process, 99, 8) } == .EBADF)
        let plain = try machine.memfdCreate(process, "n", flags: 0)
        #expect(try machine.seals(process, plain) == 1)
        #expect(errno { try machine.addSeals(process, plain, 4) } == .EPERM)
        #expect(errno { try machine.addSeals(process, plain, 64) } == .EINVAL)
        let file = try machine.memfdCreate(process, "m", flags: 2)
        let reader = try machine.reopen(process, file, reads: true, writes: false)
        #expect(errno { try machine.addSeals(process, reader, 64) } == .EPERM)
        #expect(errno { try machine.addSeals(process, file, 0) } == nil)
        try machine.addSeals(process, file, 1)
        #expect(errno { try machine.addSeals(process, file, 1) } == .EPERM)
        #expect(try machine.seals(process, reader) == 1)
        // F_SEAL_EXEC of a file that may be executed seals its contents too.
        let executable = try machine.memfdCreate(process, "x", flags: 18)
        try machine.addSeals(process, executable, 32)
        #expect(try machine.seals(process, executable) == 62)
        let other = try machine.memfdCreate(process, "e", flags: 8)
        #expect(try machine.seals(process, other) == 32)
        try machine.addSeals(process, other, 32)
        #expect(try machine.seals(process, other) == 32)
        let huge = try machine.memfdCreate(process, "h", flags: 6)
        #expect(try machine.seals(process, huge) == 0)
    }

    @Test("F_SEAL_WRITE waits for the last writable mapping; F_SEAL_FUTURE_WRITE leaves it")
    func sealsAgainstWriting() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.memfdCreate(process, "m", flags: 2)
        try machine.ftruncate(process, file, 16384)
        try machine.mmap(process, Self.area, 4096, prot: 3, flags: Self.shared, fd: file)
        #expect(errno { try machine.addSeals(process, file, 8) } == .EBUSY)
        try machine.mprotect(process, Self.area, 4096, prot: 1)
        #expect(errno { try machine.addSeals(process, file, 8) } == .EBUSY)
        try machine.addSeals(process, file, 16)
        try machine.mprotect(process, Self.area, 4096, prot: 3)
        #expect(try machine.store(process, Self.area, 7) == nil)
        func map(_ prot: UInt64, _ flags: UInt64) -> Errno? {
            errno { try machine.mmap(process, Self.area + 65536, 4096, prot: prot, flags: flags, fd: file) }
        }
        #expect(map(3, Self.shared) == .EPERM)
        #expect(map(1, Self.shared) == nil)
        #expect(errno { try machine.mprotect(process, Self.area + 65536, 4096, prot: 3) } == .EACCES)
        #expect(errno { try machine.addSeals(process, file, 8) } == .EBUSY)
        try machine.munmap(process, Self.area, 4096)
        try machine.addSeals(process, file, 8)
        #expect(errno { try machine.madvise(process, Self.area + 65536, 4096, advice: 9) } == .EACCES)
        #expect(map(2, Self.shared) == .EPERM)
        #expect(map(3, Self.shared | 0x100) == .EINVAL)
        #expect(map(3, Self.private) == nil)
        #expect(errno { _ = try machine.pwrite(process, file, offset: 0, length: 1, byte: 1) } == .EPERM)
        #expect(try machine.pwrite(process, file, offset: 0, length: 0, byte: 1) == 0)
        #expect(errno { try machine.fallocate(process, file, mode: 3, 0, 4096) } == .EPERM)
        #expect(errno { try machine.fallocate(process, file, mode: 0, 16384, 4096) } == nil)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("seals of the size stop ftruncate, fallocate and what a write has behind the end")
    func sealsOfTheSize() throws {
        let (machine, process) = try Self.machine()
        let file = try machine.memfdCreate(process, "m", flags: 2)
        try machine.ftruncate(process, file, 16384)
        try machine.addSeals(process, file, 6)
        #expect(errno { try machine.ftruncate(process, file, 0) } == .EPERM)
        #expect(errno { try machine.ftruncate(process, file, 16384) } == nil)
        #expect(errno { try machine.ftruncate(process, file, 20000) } == .EPERM)
        #expect(errno { try machine.fallocate(process, file, mode: 0, 16384, 4096) } == .EPERM)
        #expect(errno { try machine.fallocate(process, file, mode: 1, 16384, 4096) } == .EPERM)
        #expect(errno { _ = try machine.pwrite(process, file, offset: 16384, length: 1, byte: 1) } == .EPERM)
        #expect(try machine.pwrite(process, file, offset: 16378, length: 10, byte: 1) == 6)
    }
}
