import Faultline
import FaultlineCallSites
import FaultlineWindow
import Testing

/// Touches of windows, counted by what they came to and who made them.
struct CallSiteTests {
    /// Sums by kind, of a machine that counts.
    private func counts(_ machine: WindowMachine) throws -> [FaultKind: UInt64] {
        let report = try #require(try machine.callSiteReport())
        return Dictionary(uniqueKeysWithValues: FaultKind.allCases.map { ($0, report.total($0)) }).filter {
            $0.value > 0
        }
    }

    @Test("each kind of fault is told from the others, and spurious touches from faults")
    func kinds() throws {
        let machine = try WindowMachine(ramBytes: 64 << 20)
        let process = try machine.spawn()
        let start = try process.mmap(length: 64 << 12)
        let window = try AddressWindow(process, start..<start + 64 << 12)
        func touch(_ page: Int, writes: Bool) throws {
            try window.run { base in
                if writes { storeByte(base + page << 12) } else { _ = loadByte(base + page << 12) }
            }
        }
        #expect(try machine.callSiteReport() == nil)
        try touch(63, writes: true)
        machine.countCallSites(in: try CallSites())
        for page in [0, 1, 2, 40] { try touch(page, writes: true) }
        #expect(try counts(machine) == [.minor: 4])
        try touch(20, writes: false)
        #expect(try counts(machine) == [.minor: 4, .zeroPage: 1])
        try touch(20, writes: true)
        #expect(try counts(machine) == [.minor: 4, .zeroPage: 1, .copyOnWrite: 1])
        // After a fork both sides copy, or take over: the same kind.
        let child = try process.fork()
        try touch(0, writes: true)
        try child.exit()
        try touch(1, writes: true)
        #expect(try counts(machine) == [.minor: 4, .zeroPage: 1, .copyOnWrite: 3])
        try process.mprotect(at: start, length: 4096, .none)
        #expect(throws: WindowError.self) { try touch(0, writes: false) }
        #expect(try counts(machine)[.signal] == 1)
        // The page has its frame still, so nothing is to be done but to show it.
        try process.mprotect(at: start, length: 4096, .readWrite)
        try touch(0, writes: false)
        let faults = process.faultCounts
        let all = try counts(machine)
        #expect(all[.spurious, default: 0] + all[.minor, default: 0] >= 4 && all[.signal] == 1, "\(all)")
        #expect(all[.minor, default: 0] + all[.zeroPage, default: 0] + all[.copyOnWrite, default: 0] <= faults.minor)
        machine.stopCountingCallSites()
        try touch(50, writes: true)
        #expect(try counts(machine) == all)
    }

    @Test("a read from a file is major, a page that the cache has is minor")
    func major() throws {
        let machine = try WindowMachine(ramBytes: 64 << 20)
        let process = try machine.spawn()
        let file = try machine.withMachine { try $0.diskFile(process.id, name: "data", size: 4 << 12) }
        try machine.withMachine { try $0.advise(process.id, file, .dontNeed) }
        let start = try process.mmap(length: 4 << 12, flags: [.private], file: file)
        machine.countCallSites(in: try CallSites())
        let first = try AddressWindow(process, start..<start + 4 << 12)
        try first.run { _ = loadByte($0) }
        #expect(try counts(machine) == [.major: 1])
        try first.run { storeByte($0) }
        #expect(try counts(machine) == [.major: 1, .copyOnWrite: 1])
        let child = try process.spawnSibling(of: file)
        machine.countCallSites(in: try CallSites())
        let second = try AddressWindow(child.process, child.start..<child.start + 4 << 12)
        try second.run { _ = loadByte($0) }
        #expect(try counts(machine) == [.minor: 1])
    }
}

extension WindowProcess {
    /// The same file in a second mapping, of a child.
    fileprivate func spawnSibling(of file: FileDescriptor) throws -> (process: WindowProcess, start: VirtualAddress) {
        let child = try fork()
        return (child, try child.mmap(length: 4 << 12, flags: [.private], file: file))
    }
}

@inline(never)
private func storeByte(_ place: UnsafeMutableRawPointer) { place.storeBytes(of: 7, as: UInt8.self) }

@inline(never)
private func loadByte(_ place: UnsafeMutableRawPointer) -> UInt8 { place.load(as: UInt8.self) }
