import Testing

@testable import FaultlineCommand

@Suite("Going in the shell") struct ShellMotionTests {
    @Test func stepsTellWhatStatementsCameTo() throws {
        let shell = try Shell.example()
        #expect(try shell.last("step", "step") == "   2  write_pages(p, 16K, 7)  ok pages=4 minflt=4 majflt=0\n")
        #expect(try shell.last("step 9").hasSuffix("the program is at its end\n"))
        #expect(shell.session.isAtEnd)
    }

    @Test("going back brings memory and frames back, and going on again comes to the same")
    func backAndForth() throws {
        let shell = try Shell.example()
        let before = try shell.last("goto 4", "rmap p")
        let after = try shell.last("goto 5", "rmap p")
        #expect(before != after)
        #expect(try shell.last("back", "rmap p") == before)
        #expect(try shell.last("step", "rmap p") == after)
        #expect(try shell.last("goto 0") == "at the start of the program\n")
        #expect(try shell.last("goto 5", "rmap p") == after)
    }

    @Test("'until' stops behind the statement that leaves the event, and says so where none does")
    func untilAnEvent() throws {
        let shell = try Shell.example()
        #expect(try shell.last("until cow*").contains("cow_copied"))
        #expect(shell.session.place == 5)
        #expect(try shell.last("until cow*") == "no statement up to the program's end left one\n")
    }

    @Test func diffGoesNowhere() throws {
        let shell = try Shell.example()
        let text = try shell.last("goto 2", "diff 4 5")
        #expect(text.contains("-      Rss=16") || text.contains("mapcount=1"))
        #expect(shell.session.place == 2)
        #expect(try shell.last("diff 4 4") == "no difference\n")
    }

    @Test func nextIsTheCurrentProcesssStatement() throws {
        let shell = try Shell.example()
        #expect(try shell.last("goto 4", "set c", "next").hasPrefix("   5  c: store(p, 8)"))
    }

    @Test("'tlb' tells which entries are stale: with a kernel that forgets flushes, and where a write right needs none")
    func staleEntries() throws {
        let source = """
            p = mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(p, 16K, 7)
            mprotect(p, 4K, PROT_READ)
            madvise(p+4K, 4K, MADV_DONTNEED)
            mprotect(p+8K, 4K, PROT_NONE)

            """
        #expect(!(try Shell.example(source).last("goto 5", "tlb").contains("stale")))
        let shell = try Shell.example(source)
        shell.machine.checksCoherence = true
        shell.machine.dropsFlushes = true
        let lines = try shell.last("goto 5", "tlb").split(separator: "\n")
        let told = { (address: String) in
            lines.filter { $0.contains(" \(address) ") }.compactMap { $0.split(separator: ") ").last }
        }
        #expect(told("100000000000").contains("stale: writes are not allowed"))
        #expect(told("100000001000").contains("stale: no page is there"))
        #expect(told("100000002000").contains("stale: no page is there"))
        #expect(!told("100000003000").contains { $0.contains("stale") })
        // Nobody flushes the read-only entry of a page that is known by now to be nobody else's.
        let reused = try Shell.example(
            "p = mmap(W, 4K, 3, 0x32, -1, 0)\nstore(p, 1)\nc = fork()\nc: exit(0)\nload(p)\nmem_write(init, p, 1, 9)\n")
        #expect(try reused.last("goto 6", "tlb").contains("stale: writes are allowed"))
    }

    @Test("why, fault and events ask about the present place, and change nothing")
    func questionsChangeNothing() throws {
        let shell = try Shell.example()
        let state = try shell.last("goto 4", "cat /proc/c/smaps")
        #expect(try shell.last("fault c:p write").contains("cow_copied"))
        #expect(try shell.last("fault c:p+1G write").contains("SIGSEGV SEGV_MAPERR"))
        #expect(try shell.last("cat /proc/c/smaps") == state)
        let why = try shell.last("goto 5", "why")
        #expect(why.hasPrefix("line 5, c: c: store(p, 8)\n"))
        #expect(try shell.last("goto 0", "goto 5", "why") == why)
        #expect(try shell.last("events cow*").contains("cow_copied"))
    }
}
