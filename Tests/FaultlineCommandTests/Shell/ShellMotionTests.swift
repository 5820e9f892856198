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
