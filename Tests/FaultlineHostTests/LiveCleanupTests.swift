import FaultlineHost
import FaultlineScenario
import Glibc
import Testing

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

    /// Other tests may run beside this one, so only agent images and unnamed files count.
    private static func openFiles() -> Int {
        (0..<1024).count { descriptor in
            var buffer = [UInt8](repeating: 0, count: 256)
            let length = buffer.withUnsafeMutableBytes {
                readlink("/proc/self/fd/\(descriptor)", $0.baseAddress!, $0.count)
            }
            guard length > 0 else { return false }
            return String(decoding: buffer.prefix(length), as: UTF8.self).hasPrefix("/var/tmp/#")
        }
    }
}
