import Testing

@testable import FaultlineScenario

/// Statements that are more than a call: `repeat`, `assert`, strings that are words.
@Suite struct WordTests {
    private func firstError(_ source: String) -> String {
        do {
            _ = try Parser.parse(source)
            return "no error"
        } catch {
            return String(error.description.prefix { $0 != "\n" })
        }
    }

    private func run(_ source: String) throws -> ScenarioRun {
        let executor = try SimulatorExecutor(ramBytes: 64 << 20)
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(try Parser.parse(source), on: executor)
        return try runner.run()
    }

    @Test(arguments: [
        (
            "drop_capability(CAP_IPC_LOCK)",
            "1:17: error: expected the capability in double quotes, not 'CAP_IPC_LOCK': "
        ),
        ("drop_capability(\"CAP_IPC_LOK\")", "1:17: error: no capability 'CAP_IPC_LOK'; did you mean CAP_IPC_LOCK?"),
        ("drop_capability()", "1:17: error: expected the capability in double quotes, not ')'"),
        ("show(\"anonexcl\" \"head\")", "1:17: error: expected ',' or ')' after the word, not the string \"head\""),
        (
            "show(\"young\")",
            "1:6: error: no word 'young'; it is one of anonexcl, active, referenced, unevictable, head"
        ),
        ("show(\"anonexcl\", 3)", "1:18: error: expected the word in double quotes, not the number 3"),
        ("drop_caches(4)", "1:1: error: drop_caches takes 1 (page cache), 2 (slabs) or 3 (both), not 4"),
        ("m = repeat 2 tmpfs_mount(4K)", "1:14: error: tmpfs_mount cannot be repeated; write it once"),
        ("repeat load(W)", "1:8: error: expected how often after 'repeat': repeat 10 load(...)"),
        ("repeat 0 load(W)", "1:10: error: repeat makes a call 1 to 16M times, not 0 times"),
        (
            "repeat 16M ksm_scan(10000)",
            "1:12: error: one statement makes at most 10000 scans of all memory: repeat 16777216 ksm_scan would make 167772160000"
        ),
        (
            "repeat 10001 khugepaged_scan()",
            "1:14: error: one statement makes at most 10000 scans of all memory: repeat 10001 khugepaged_scan would make 10001"
        ),
        ("repeat 2 x = 3", "1:10: error: expected a call after 'repeat N', not 'x'"),
        ("c = repeat 2 fork()", "1:14: error: fork cannot be repeated; write it once"),
        ("repeat n load(W)", "1:8: error: nothing has assigned 'n' yet"),
        ("assert(W)", "1:10: error: expected figures of smaps, not the end of the line: assert(p) => Rss=8 Pss=4"),
        ("t = thread()", "1:5: error: no call 'thread'; did you mean clone_vm?"),
        ("assert(W) => ok", "1:14: error: no figure 'ok'"),
        ("assert(W) => Rss", "1:17: error: expected '=' after 'Rss', not the end of the line"),
        ("assert(W) => Rsss=4", "1:14: error: no figure 'Rsss'; did you mean Rss?"),
    ])
    func mistakesAreToldWithTheirPlace(source: String, expected: String) {
        #expect(firstError(source).hasPrefix(expected), "\(firstError(source))")
    }

    @Test func namesMayBeCalledRepeat() throws {
        let run = try run("repeat = 3\nload(W+repeat) => SIGSEGV SEGV_MAPERR")
        #expect(run.failedExpectations.isEmpty)
    }

    @Test func assertFindsTheFiguresOfOneVMA() throws {
        let source = """
            mmap(W, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            write_pages(W, 8K, 1)
            assert(W+4K) => Rss=8 Anonymous=8 Swap=0
            assert(W) => Rss=8 Pss=4
            assert(W+1M) => Rss=0
            """
        let run = try run(source)
        #expect(
            run.steps.compactMap(\.expectationFailure) == [
                "expected Rss=8 Pss=4, got Rss=8 Pss=8", "expected Rss=0, got no mapping at 0x100000100000",
            ])
        // An assertion leaves no trace in the recording.
        #expect(run.recording.entries.map(\.line) == [1, 2])
    }

    @Test func optionalFlagsAreShownFromTheirStatementOn() throws {
        let source = """
            mmap(W, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
            store(W, 1)
            observe()
            show("anonexcl")
            observe()
            """
        let text = try run(source).recording.text
        #expect(text.components(of: "mapcount=1 anon swapbacked\n") == 1)
        #expect(text.components(of: "mapcount=1 anon swapbacked anonexcl\n") == 2)
        #expect(try Recording.parse(text).text == text)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
