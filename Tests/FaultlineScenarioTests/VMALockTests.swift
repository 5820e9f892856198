import Testing

@testable import Faultline
@testable import FaultlineScenario

/// Locks of single VMAs: which faults do with them, and what has them in the way (`do_user_addr_fault`, `vma_start_write`).
struct VMALockTests {
    /// The events of locks of each line, such as `vma_lock_retry disk`.
    private func locks(_ source: String) throws -> [Int: [String]] {
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        executor.machine.tracesVMALocks = true
        executor.selfCheck = .everyCall
        let filter = try EventFilter("vma_start_read,vma_start_write,vma_lock*")
        var found: [Int: [String]] = [:]
        try ScenarioSession(try Parser.parse(source), on: executor).run { step in
            found[step.statement.line] = filter.select(executor.machine.takeEvents()).map {
                $0.kind.rawValue + ($0.reason == .none ? "" : " (\($0.reason.rawValue))")
            }
        }
        return found
    }

    private static func text(_ kind: Event.Kind, _ reason: Event.Reason = .none) -> String {
        kind.rawValue + (reason == .none ? "" : " (\(reason.rawValue))")
    }

    @Test("a fault takes the lock of its VMA; where there is none, or a stack is to grow, mmap_lock")
    func faults() throws {
        let found = try locks(
            """
            mmap(W, 64K, 3, 0x32, -1, 0)
            store(W, 1)
            load(W)
            load(W+64K)
            mmap(W+16M, 64K, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0)
            store(W+16M-4K, 1)
            mprotect(W, 4K, PROT_READ)
            store(W, 1)
            """)
        #expect(found[2] == [Self.text(.vmaLockedToRead)])
        #expect(found[3] == [])
        #expect(found[4] == [Self.text(.vmaLockAborted, .lockNoVMA)])
        #expect(found[6]?.first { $0.hasPrefix("vma_lock") } == Self.text(.vmaLockAborted, .lockNoVMA))
        #expect(found[6]?.contains(Self.text(.vmaLockedToRead)) == false)
        #expect(found[8] == [Self.text(.vmaLockedToRead)])
    }

    @Test("a fault that waits lets go of its lock: for the disk, a userfaultfd, a driver that wants mmap_lock")
    func retries() throws {
        let found = try locks(
            """
            f = disk_file(64K)
            mmap(W, 64K, 1, MAP_SHARED|MAP_FIXED, f, 0)
            drop_caches(1)
            load(W)
            s = shmget(IPC_PRIVATE, 8K, 0x180)
            q = shmat(s, 0, 0)
            store(q, 1)
            u = userfaultfd(O_NONBLOCK)
            uffd_api(u, 0)
            mmap(W+1M, 16K, 3, 0x32, -1, 0)
            uffd_register(u, W+1M, 16K, UFFDIO_REGISTER_MODE_MISSING)
            c = fork()
            load(W+1M)
            c: uffd_zeropage(u, W+1M, 4K, 0)
            load(W+1M)
            """)
        #expect(found[4] == [Self.text(.vmaLockedToRead), Self.text(.vmaLockRetried, .lockDisk)])
        #expect(found[7] == [Self.text(.vmaLockedToRead), Self.text(.vmaLockRetried, .lockDriver)])
        #expect(found[13] == [Self.text(.vmaLockedToRead), Self.text(.vmaLockRetried, .lockUserfault)])
        // What is made again holds mmap_lock.
        #expect(found[14]?.contains(Self.text(.vmaLockedToRead)) == false)
    }

    @Test("who changes VMAs locks each of them once")
    func writes() throws {
        let found = try locks(
            """
            mmap(W, 64K, 3, 0x32, -1, 0)
            mprotect(W+16K, 16K, PROT_READ)
            mprotect(W+16K, 16K, PROT_READ)
            c = fork()
            munmap(W+20K, 4K)
            munmap(W, 1M)
            """)
        #expect(found[1] == [Self.text(.vmaLockedToWrite, .lockNew)])
        // The middle, and the two that are cut off.
        #expect(found[2]?.count == 3)
        #expect(found[3] == [])
        #expect(found[4]?.allSatisfy { $0 == Self.text(.vmaLockedToWrite, .fork) } == true)
        #expect((found[4]?.count ?? 0) >= 3)
        #expect(found[6]?.count == 4)
    }

    @Test("nothing is told where nobody asked")
    func silent() throws {
        let executor = try SimulatorExecutor()
        executor.machine.trace(true)
        try ScenarioSession(try Parser.parse("mmap(W, 64K, 3, 0x32, -1, 0)\nstore(W, 1)\n"), on: executor).run()
        let filter = try EventFilter("vma_start_read,vma_start_write,vma_lock*")
        #expect(filter.select(executor.machine.takeEvents()).isEmpty)
        #expect(filter.namesLocks && !EventFilter.everything.namesLocks)
    }
}
