import Faultline
import Testing

/// A machine with one process, and short ways to make calls and to look at their errno.
struct CallBench {
    let machine: Machine
    let process: Int
    /// An address where nothing is mapped.
    static let free: UInt64 = 0x1000_0000_0000
    static let page: UInt64 = 4096

    init(
        ram: UInt64 = 256 << 20, settings: KernelSettings = KernelSettings(),
        space: InitialAddressSpace = .scenarioAgent
    )
        throws
    {
        machine = try Machine(ramBytes: ram, settings: settings)
        process = try machine.start(space)
    }

    /// The errno of a call, nil where it succeeds; the machine's state must be consistent afterwards.
    func errno(_ body: () throws -> Void) -> Errno? {
        defer { #expect(machine.checkInvariants() == nil) }
        do {
            try body()
            return nil
        } catch let error as Errno { return error } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    /// Maps anonymous memory at `free` plus so many pages, replacing what is there.
    @discardableResult
    func map(_ first: UInt64, _ pages: UInt64, prot: UInt64 = 3, flags: UInt64 = 0x32) throws -> UInt64 {
        try machine.mmap(process, at(first), pages * Self.page, prot: prot, flags: flags)
    }

    func mapErrno(_ first: UInt64, _ pages: UInt64, prot: UInt64 = 3, flags: UInt64 = 0x32) -> Errno? {
        errno { try map(first, pages, prot: prot, flags: flags) }
    }

    func at(_ page: UInt64) -> UInt64 { Self.free + page * Self.page }

    func advise(_ first: UInt64, _ pages: UInt64, _ advice: Int32) -> Errno? {
        errno { try machine.madvise(process, at(first), pages * Self.page, advice: advice) }
    }

    func lock(_ first: UInt64, _ pages: UInt64) -> Errno? {
        errno { try machine.mlock(process, at(first), pages * Self.page) }
    }

    func unlock(_ first: UInt64, _ pages: UInt64) -> Errno? {
        errno { try machine.munlock(process, at(first), pages * Self.page) }
    }

    func protect(_ first: UInt64, _ pages: UInt64, _ prot: UInt64) -> Errno? {
        errno { try machine.mprotect(process, at(first), pages * Self.page, prot: prot) }
    }

    func unmap(_ first: UInt64, _ pages: UInt64) -> Errno? {
        errno { try machine.munmap(process, at(first), pages * Self.page) }
    }

    func seal(_ first: UInt64, _ pages: UInt64) -> Errno? {
        errno { try machine.mseal(process, at(first), pages * Self.page) }
    }

    /// mremap within the area; `to` is a page of it.
    func remap(_ first: UInt64, _ old: UInt64, _ new: UInt64, flags: UInt64, to target: UInt64 = 0) -> Errno? {
        errno {
            try machine.mremap(
                process, at(first), old * Self.page, new * Self.page, flags: flags,
                new: flags & 2 == 0 ? 0 : at(target))
        }
    }

    /// Writes to the first byte of each page.
    func fill(_ first: UInt64, _ pages: UInt64) throws {
        for page in first..<first + pages { #expect(try machine.store(process, at(page), 1) == nil) }
    }

    func limit(_ resource: Int32, _ value: UInt64) throws {
        try machine.setrlimit(process, resource: resource, limit: value)
    }

    /// VmLck, in pages.
    func lockedPages() throws -> UInt64 { try machine.snapshot(process).lockedKiB / 4 }

    /// VmSize, in bytes.
    func size() throws -> UInt64 { UInt64(try machine.snapshot(process).sizeKiB) << 10 }
}
