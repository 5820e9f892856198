import FaultlineScenario
import Glibc
import Testing

@testable import FaultlineHost

@Suite("After a live run", .enabled(if: LiveKernel.canRunPrograms))
struct LiveCleanupTests {
    @Test func allProcessesAreGone() throws {
        var processes: [Int32] = []
        do {
            let live = try LiveExecutor()
            _ = try live.perform(.fork)
            _ = try live.perform(.fork, process: 1)
            processes = try (0...2).map { Int32(try live.perform(.getpid, process: $0).value) }
            #expect(processes.allSatisfy { kill($0, 0) == 0 })
        }
        #expect(Set(processes).count == 3)
        #expect(processes.allSatisfy { kill($0, 0) != 0 && errno == ESRCH })
    }

    @Test func allProcessesAreGoneAfterAnError() throws {
        var process: Int32 = 0
        do {
            let live = try LiveExecutor()
            process = Int32(try live.perform(.getpid).value)
            #expect(throws: LiveError.self) { try live.perform(.exec, 0x402000 + 0x3000, process: 9) }
        }
        #expect(kill(process, 0) != 0)
    }

    @Test func segmentsOfOneProgramAreNotSeenByTheMachine() throws {
        let live = try LiveExecutor()
        let segment = Int32(try live.perform(.shmget, 0, 8192, 0o1600).value)
        var description = shmid_ds()
        #expect(shmctl(segment, IPC_STAT, &description) != 0 || description.shm_segsz != 8192)
    }

    @Test func noFilesAreLeftOpen() throws {
        let before = Self.openFiles()
        for _ in 0..<3 {
            let live = try LiveExecutor()
            _ = try live.perform(.diskFile, 4096)
            _ = try live.perform(.tmpfsFile, 4096)
            _ = try live.observe()
        }
        #expect(Self.openFiles() == before)
    }

    @Test(.enabled(if: LiveKernel.canMount)) func fileSystemsAreGone() throws {
        weak var mount: HostFile?
        do {
            let live = try LiveExecutor()
            #expect(try live.perform(.tmpfsMount, 64 << 10).value == 1)
            #expect(try live.perform(.tmpfsFile, 4096, 1).value >= 0)
            #expect(try live.perform(.tmpfsFile, 128 << 10, 1).outcome == .error(.ENOSPC))
            #expect(try live.perform(.tmpfsFile, 64 << 10, 1).outcome == .error(.ENOSPC))
            #expect(try live.perform(.tmpfsFile, 60 << 10, 1).value >= 0, "what did not fit was given back")
            #expect(try live.perform(.tmpfsFile, 4096, 2).outcome == .error(.EBADF))
            mount = live.machine.mounts.first
            #expect(mount != nil)
        }
        #expect(mount == nil, "the last descriptor is closed, and no directory has it")
    }

    private static func link(_ descriptor: Int) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/fd/\(descriptor)", $0.baseAddress!, $0.count)
        }
        return length > 0 ? String(decoding: buffer.prefix(length), as: UTF8.self) : ""
    }

    /// Other tests may run beside this one, so only agent images and unnamed files count.
    private static func openFiles() -> Int {
        (0..<1024).count { link($0).hasPrefix("/var/tmp/#") }
    }
}
