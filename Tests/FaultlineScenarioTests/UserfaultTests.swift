import Faultline
import Testing

@testable import FaultlineScenario

/// What was measured of userfaultfd on the live kernel, beyond the recordings.
@Suite("userfaultfd")
struct UserfaultTests {
    /// What each statement came to: the lines of the recording before the state.
    private func results(_ source: String) throws -> [String] {
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(Parser.parse(source), on: executor).run()
        return run.recording.text.split(separator: "\n").map(String.init).filter { line in
            line.first?.isNumber == true
        }
    }

    private static let beginning = """
        u = userfaultfd(O_NONBLOCK)
        uffd_api(u, 0)
        mmap(W, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(W+1M, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(W+1M, 64K, 7)
        h = fork()
        uffd_register(u, W, 64K, UFFDIO_REGISTER_MODE_MISSING)

        """

    @Test("an access waits until its page is there, and counts one fault")
    func missing() throws {
        let lines = try results(
            Self.beginning + """
                store(W+5, 9) => waits
                load(W)
                h: uffd_copy(u, fault&~4095, W+1M, 4K, 0)
                load(W+5)
                """)
        #expect(
            lines.suffix(5) == [
                "8 waits MISSING at 100000000000 write", "9 skipped", "10 4096",
                "10 wakes init: 8 ok minflt=1 majflt=0", "11 9 minflt=0 majflt=0",
            ])
    }

    @Test("a wake without a page makes the access wait once more, and its fault a major one")
    func wokenInVain() throws {
        let lines = try results(
            Self.beginning + """
                load(W)
                h: uffd_wake(u, fault, 4K)
                h: uffd_zeropage(u, fault, 4K, 0)
                """)
        #expect(
            lines.suffix(4) == [
                "9 ok", "9 wakes init: 8 waits MISSING at 100000000000", "10 4096",
                "10 wakes init: 8 0 minflt=0 majflt=1",
            ])
    }

    @Test("poison is a bus error, a populated page an errno of its own, and a copy may take its place")
    func poison() throws {
        let lines = try results(
            Self.beginning + """
                uffd_poison(u, W, 8K, 0)
                load(W)
                madvise(W, 4K, MADV_POPULATE_READ)
                mlock(W+4K, 4K)
                uffd_zeropage(u, W, 4K, 0)
                uffd_copy(u, W, W+1M, 4K, 0)
                load(W)
                """)
        #expect(
            lines.suffix(6) == [
                "9 SIGBUS BUS_ADRERR at 100000000000 minflt=0 majflt=0", "10 -1 EHWPOISON", "11 -1 ENOMEM",
                "12 -1 EEXIST", "13 4096", "14 7 minflt=0 majflt=0",
            ])
    }

    @Test("errnos of the calls, in the kernel's order of checks")
    func errnos() throws {
        let lines = try results(
            """
            u = userfaultfd(O_NONBLOCK)
            uffd_register(u, W, 4K, 1)
            uffd_api(u, 1<<40)
            uffd_api(u, 0)
            uffd_api(u, 0)
            uffd_register(u, W, 4K, 1)
            mmap(W, 8K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            uffd_register(u, W, 4K, 0)
            uffd_register(u, W, 4K, 4)
            uffd_register(u, W, 100, 1)
            uffd_register(u, W, 4K, 1)
            v = userfaultfd(O_NONBLOCK)
            uffd_api(v, 0)
            uffd_register(v, W, 4K, 1)
            uffd_unregister(v, W, 4K)
            uffd_wp(u, W, 4K, 3)
            uffd_wp(u, W, 4K, 1)
            uffd_copy(u, W, W+4K, 4K, 2)
            uffd_copy(u, W+4K, W, 4K, 0)
            uffd_copy(u, W, W+4K, 8K, 0)
            uffd_continue(u, W, 4K, 0)
            uffd_move(u, W, W+4K, 4K, 0)
            uffd_read(u)
            """)
        let answers = lines.map { String($0.split(separator: " ", maxSplits: 1)[1]) }
        #expect(
            answers == [
                "ok", "-1 EINVAL", "-1 EINVAL", "ok features=0x1ffff ioctls=0x8000000000000003", "-1 EINVAL",
                "-1 EINVAL", "0x100000000000", "-1 EINVAL", "-1 EINVAL", "-1 EINVAL", "ok ioctls=0x13c", "ok",
                "ok features=0x1ffff ioctls=0x8000000000000003", "-1 EBUSY", "-1 EINVAL", "-1 EINVAL",
                "-1 ENOENT", "-1 EINVAL", "-1 ENOENT", "-1 ENOENT", "-1 EINVAL", "-1 ENOENT", "-1 EAGAIN",
            ])
    }

    @Test("the child of a fork that has to be reported exists only when somebody has read of it")
    func forkEvent() throws {
        let lines = try results(
            """
            u = userfaultfd(O_NONBLOCK)
            uffd_api(u, UFFD_FEATURE_EVENT_FORK|UFFD_FEATURE_EVENT_UNMAP)
            mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            h = fork()
            uffd_register(u, W, 16K, UFFDIO_REGISTER_MODE_MISSING)
            c = fork()
            c: load(W)
            h: uffd_zeropage(u, W, 4K, 0)
            h: v = uffd_read(u)
            c: load(W)
            h: uffd_zeropage(v, W, 4K, 0)
            munmap(W, 4K)
            h: uffd_read(u)
            """)
        #expect(
            lines.suffix(11) == [
                "6 waits event", "7 skipped", "8 -1 EAGAIN", "9 FORK", "9 wakes init: 6 ok",
                "10 waits MISSING at 100000000000", "11 4096", "11 wakes c: 10 0 minflt=1 majflt=0", "12 waits event",
                "13 UNMAP 100000000000-100000001000", "13 wakes init: 12 0",
            ])
    }
}
