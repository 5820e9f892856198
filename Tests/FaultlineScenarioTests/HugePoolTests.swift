import Faultline
import Testing

@testable import FaultlineScenario

/// What was measured of huge pages of the pool on the live kernel, beyond the recordings.
@Suite("The pool of huge pages")
struct HugePoolTests {
    /// The lines of a program's recording that begin with a number: what each statement came to.
    private func results(_ source: String) throws -> [String] {
        let executor = try SimulatorExecutor()
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(Parser.parse(source), on: executor).run()
        return run.recording.text.split(separator: "\n").map(String.init).filter { $0.first?.isNumber == true }
    }

    private static let map = "PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED"

    @Test("without a pool memory can be mapped that reserves nothing, and a touch of it is SIGBUS")
    func withoutPool() throws {
        let source = """
            mmap(W, 4M, \(Self.map)|MAP_NORESERVE, -1, 0)
            store(W+5, 1)
            munmap(W, 4K)
            mprotect(W, 4K, PROT_READ)
            mmap(W, 4M, \(Self.map), -1, 0)
            load(W)
            """
        #expect(
            try results(source) == [
                "1 0x100000000000", "2 SIGBUS BUS_ADRERR at 100000000005 minflt=0 majflt=0", "3 -1 EINVAL",
                "4 -1 EINVAL",
                "5 -1 ENOMEM", "6 SIGSEGV SEGV_MAPERR at 100000000000 minflt=0 majflt=0",
            ])
    }

    @Test("with a pool of one page the parent takes the page that it shares with its child")
    func parentTakesPage() throws {
        let source = """
            hugepages(1)
            mmap(W, 2M, \(Self.map), -1, 0)
            store(W, 7)
            c = fork()
            c: store(W, 8)
            c: load(W)
            store(W, 9)
            c: load(W)
            load(W)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(6) == [
                "5 SIGBUS BUS_ADRERR at 100000000000 minflt=0 majflt=0", "6 7 minflt=0 majflt=0",
                "7 ok minflt=1 majflt=0", "8 SIGBUS BUS_ADRERR at 100000000000 minflt=0 majflt=0",
                "9 9 minflt=0 majflt=0", "10 total=1 free=0 rsvd=0 surp=0",
            ])
    }

    @Test("the whole length is reserved at mmap, of read-only memory too")
    func reservation() throws {
        let source = """
            hugepages(4)
            mmap(W, 6M, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0)
            mmap(W+8M, 4M, \(Self.map), -1, 0)
            mmap(W+8M, 4M, \(Self.map)|MAP_NORESERVE, -1, 0)
            store(W+8M, 1)
            store(W+10M, 1)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(5) == [
                "3 -1 ENOMEM", "4 0x100000800000", "5 ok minflt=1 majflt=0",
                "6 SIGBUS BUS_ADRERR at 100000a00000 minflt=0 majflt=0", "7 total=4 free=3 rsvd=3 surp=0",
            ])
    }

    @Test("MADV_DONTNEED of private memory gives the page back, and the reservation")
    func discard() throws {
        let source = """
            hugepages(2)
            mmap(W, 4M, \(Self.map), -1, 0)
            store(W, 1)
            hugetlb_pool()
            madvise(W, 4K, MADV_DONTNEED)
            madvise(W, 2M+4K, MADV_DONTNEED)
            hugetlb_pool()
            madvise(W+4K, 2M, MADV_DONTNEED)
            """
        #expect(
            try results(source).suffix(5) == [
                "4 total=2 free=1 rsvd=1 surp=0", "5 0", "6 0", "7 total=2 free=2 rsvd=2 surp=0", "8 -1 EINVAL",
            ])
    }

    @Test("who mapped a page that a child has still is promised one when the child lets go")
    func discardOfShared() throws {
        let source = """
            hugepages(4)
            mmap(W, 2M, \(Self.map), -1, 0)
            store(W, 1)
            c = fork()
            madvise(W, 2M, MADV_DONTNEED)
            hugetlb_pool()
            c: munmap(W, 2M)
            hugetlb_pool()
            munmap(W, 2M)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(5) == [
                "6 total=4 free=3 rsvd=0 surp=0", "7 0", "8 total=4 free=4 rsvd=1 surp=0", "9 0",
                "10 total=4 free=4 rsvd=0 surp=0",
            ])
    }

    @Test("a promise that is taken while a child has the page still leaves the figure below 0")
    func promiseTakenEarly() throws {
        let source = """
            hugepages(4)
            mmap(W, 2M, \(Self.map), -1, 0)
            store(W, 1)
            c = fork()
            madvise(W, 2M, MADV_DONTNEED)
            store(W, 1)
            hugetlb_pool()
            mmap(W+4M, 8M, \(Self.map), -1, 0)
            mmap(W+4M, 4M, \(Self.map), -1, 0)
            hugetlb_pool()
            c: store(W, 2)
            c: munmap(W, 2M)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(7) == [
                "7 total=4 free=2 rsvd=18446744073709551615 surp=0", "8 -1 ENOMEM", "9 0x100000400000",
                "10 total=4 free=2 rsvd=1 surp=0", "11 ok minflt=1 majflt=0", "12 0",
                "13 total=4 free=3 rsvd=2 surp=0",
            ])
    }

    @Test("pages in use and promised ones are surplus where the pool is made smaller")
    func smallerPool() throws {
        let source = """
            hugepages(2)
            mmap(W, 4M, \(Self.map), -1, 0)
            store(W, 1)
            hugepages(0)
            hugetlb_pool()
            hugepages_overcommit(2)
            mmap(W+8M, 2M, \(Self.map), -1, 0)
            munmap(W, 4M)
            hugetlb_pool()
            mmap(W+8M, 4M, \(Self.map), -1, 0)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(8) == [
                "4 2", "5 total=2 free=1 rsvd=1 surp=2", "6 2", "7 -1 ENOMEM", "8 0", "9 total=0 free=0 rsvd=0 surp=0",
                "10 0x100000800000", "11 total=2 free=2 rsvd=2 surp=2",
            ])
    }

    @Test("a move of a part of private memory loses what was promised for the rest")
    func lostReservation() throws {
        let source = """
            hugepages(4)
            mmap(W, 6M, \(Self.map), -1, 0)
            mremap(W, 2M, 2M, MREMAP_MAYMOVE|MREMAP_FIXED, W+8M)
            munmap(W, 16M)
            hugetlb_pool()
            hugepages(0)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(3) == [
                "5 total=4 free=4 rsvd=2 surp=0", "6 2", "7 total=2 free=2 rsvd=2 surp=2",
            ])
    }

    @Test("lengths are rounded up by mmap and mremap, and must be whole elsewhere")
    func lengths() throws {
        let source = """
            hugepages(4)
            mmap(W, 2M+4K, \(Self.map), -1, 0)
            mremap(W, 2M+4K, 2M+4K, MREMAP_MAYMOVE|MREMAP_FIXED, W+8M)
            mremap(W+8M, 2M, 4M, MREMAP_MAYMOVE)
            mprotect(W+8M, 4K, PROT_READ|PROT_WRITE)
            mprotect(W+8M, 2M+4K, PROT_READ)
            munmap(W+8M, 2M+4K)
            mlock(W+8M, 4K)
            madvise(W+8M, 4M, MADV_FREE)
            madvise(W+8M, 4M, MADV_COLD)
            madvise(W+8M, 4M, MADV_REMOVE)
            madvise(W+8M, 4M, MADV_HUGEPAGE)
            madvise(W+8M, 4M, MADV_DODUMP)
            """
        #expect(
            try results(source).suffix(12) == [
                "2 0x100000000000", "3 0x100000800000", "4 -1 EINVAL", "5 0", "6 -1 EINVAL", "7 -1 EINVAL",
                "8 0 minflt=1 majflt=0", "9 -1 EINVAL", "10 -1 EINVAL", "11 -1 EACCES", "12 0", "13 0",
            ])
    }

    @Test("a writable mapping of an empty file extends it, a read-only one does not")
    func extendedFile() throws {
        let source = """
            hugepages(4)
            f = memfd_create("h", MFD_HUGETLB)
            mmap(W, 2M, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)
            load(W)
            mmap(W+4M, 4M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, f, 0)
            load(W+6M)
            ftruncate(f, 2M+4K)
            pwrite(f, 0, 10, 1)
            """
        #expect(
            try results(source).suffix(6) == [
                "3 0x100000000000", "4 SIGBUS BUS_ADRERR at 100000000000 minflt=0 majflt=0", "5 0x100000400000",
                "6 0 minflt=1 majflt=0", "7 -1 EINVAL", "8 -1 EINVAL",
            ])
    }

    @Test("what was mapped at its place is gone where a mapping finds too few pages")
    func refusedInPlace() throws {
        let source = """
            hugepages(1)
            mmap(W, 4M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, 4M, 5)
            mmap(W, 4M, \(Self.map), -1, 0)
            load(W)
            mmap(W, 2M, \(Self.map), -1, 0)
            store(W, 1)
            mmap(W, 2M, \(Self.map), -1, 0)
            store(W, 1)
            """
        #expect(
            try results(source).suffix(6) == [
                "4 -1 ENOMEM", "5 SIGSEGV SEGV_MAPERR at 100000000000 minflt=0 majflt=0", "6 0x100000000000",
                "7 ok minflt=1 majflt=0", "8 0x100000000000", "9 ok minflt=1 majflt=0",
            ])
    }

    @Test("UFFDIO_COPY finds an empty pool, and says EEXIST")
    func copyWithoutPage() throws {
        let source = """
            hugepages(0)
            mmap(W, 2M, \(Self.map)|MAP_NORESERVE, -1, 0)
            mmap(W+64M, 2M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            u = userfaultfd(O_NONBLOCK)
            uffd_api(u, 0)
            uffd_register(u, W, 2M, UFFDIO_REGISTER_MODE_MISSING)
            uffd_copy(u, W, W+64M, 2M, 0)
            uffd_copy(u, W, W+64M, 4K, 0)
            uffd_zeropage(u, W, 2M, 0)
            """
        #expect(try results(source).suffix(4) == ["6 ok ioctls=0x10c", "7 -1 EEXIST", "8 -1 EINVAL", "9 -1 EINVAL"])
    }

    @Test("a segment of huge pages is promised all of them when it is made")
    func segment() throws {
        let source = """
            hugepages(2)
            s = shmget(0, 3M, IPC_CREAT|SHM_HUGETLB)
            hugetlb_pool()
            shmget(0, 2M, IPC_CREAT|SHM_HUGETLB)
            p = shmat(s, W, 0)
            store(W, 1)
            hugetlb_pool()
            shmctl(s, IPC_RMID, 0)
            shmdt(W)
            hugetlb_pool()
            """
        #expect(
            try results(source).suffix(8) == [
                "3 total=2 free=2 rsvd=2 surp=0", "4 -1 ENOMEM", "5 0x100000000000", "6 ok minflt=1 majflt=0",
                "7 total=2 free=1 rsvd=1 surp=0", "8 0", "9 0", "10 total=2 free=2 rsvd=0 surp=0",
            ])
    }

    @Test("going back to a checkpoint brings the pool back")
    func checkpoint() throws {
        let machine = try Machine(ramBytes: 1 << 30)
        machine.setHugePages(3)
        let before = try #require(machine.checkpoint())
        let figures = machine.hugePagePool
        machine.setHugePages(1)
        #expect(machine.hugePagePool != figures)
        machine.restore(before)
        #expect(machine.hugePagePool == figures)
        #expect(machine.checkInvariants() == nil)
    }
}
