import Foundation
import Testing

/// What the commands print as JSON is what docs/schema.json says.
@Suite struct SchemaTests {
    /// docs/schema.json.
    private func schema() throws -> JSONSchema {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/schema.json")
        return try JSONSchema(try Data(contentsOf: file))
    }

    /// Many kinds of outcomes, states and refusals.
    private static let program = """
        p = mmap(W, 16K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(p, 8K, 7)
        mincore(p, 16K)
        c = fork()
        c: store(p, 8) => ok
        t = clone_vm()
        observe()
        munmap(p+1, 4K) => 0
        store(W+1M, 1) => SIGSEGV SEGV_MAPERR
        madvise(p, 16K, MADV_HUGEPAGE)
        mprotect(p+4K, 4K, PROT_NONE)
        x = p + 4
        c: exit(0)

        """

    private func output(_ arguments: String) throws -> CommandRun {
        let files = [
            "a.fl": Self.program, "bad.fl": "x = brk(0)\ny = 4 / (x - x)\n",
            "t.lackey": "==1== Lackey\nI  0401000,3\n L 04020ff8,16\n S 7ff000010,8\n M 04020000,4\n",
            "w.fl":
                "mmap(W, 8K, 3, 0x32, -1, 0)\nu = userfaultfd(O_NONBLOCK)\nuffd_api(u, 0)\nuffd_register(u, W, 8K, 1)\nt = clone_vm()\n"
                + "t: load(W) => 1\nuffd_zeropage(u, W, 4K, 0)\nt: load(W+4K) => 1\nobserve()\nv = vfork()\n",
            "l.fl": "memory_limit(4M)\nmmap(W, 8M, 3, 0x32, -1, 0)\nwrite_pages(W, 8M, 1)\n",
            "maps": "401000-402000 r-xp 00000000 fe:01 7 /bin/p\n4020000-4022000 rw-p 00000000 00:00 0 [heap]\n",
            "smaps": "400000-404000 rw-p 00000000 00:00 0\nRss: 8 kB\nAnonymous: 8 kB\nVmFlags: rd wr mr mw me ac\n",
        ]
        return try CommandRun.withFolder(files) {
            try CommandRun(arguments.split(separator: " ").map(String.init), in: $0)
        }
    }

    @Test(
        "a run, a fork and a trace are described",
        arguments: [
            "run --json a.fl", "run --json --trace --check-tlb --tlb zen3 --meminfo --before 5:advance=1s a.fl",
            "run --json w.fl", "run --json --schedule 3 w.fl", "fit --json l.fl", "run --json bad.fl",
            "fork --json --smaps smaps", "trace --json --curve lru --curve plru t.lackey",
            "trace --json --map fixed --tlb zen3 --tlb zen4 --top 0 t.lackey",
            "trace --json --refused skip --maps maps t.lackey",
        ])
    func objects(arguments: String) throws {
        let problems = try schema().problems(try output(arguments).output)
        #expect(problems == [])
    }

    @Test("a run as lines has its steps, each described, and then the end")
    func lines() throws {
        let run = try output("run --json-lines --trace a.fl")
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 14)
        for line in lines { #expect(try schema().problems(line) == []) }
        let whole = try output("run --json --trace a.fl").output
        let steps = try #require(
            (try JSONSerialization.jsonObject(with: Data(whole.utf8)) as? [String: Any])?["steps"] as? [NSObject])
        for (line, step) in zip(lines, steps) {
            var object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object.removeValue(forKey: "kind") as? String == "step")
            #expect(object.removeValue(forKey: "version") as? Int == 1)
            #expect(object as NSObject == step)
        }
        #expect(lines.last?.contains("\"kind\":\"end\"") == true && lines.last?.contains("\"steps\"") == false)
        #expect(run.status == 1, "an expectation did not hold")
    }

    @Test("what a call came to stands apart: process, call, errno, signal, address, pages, faults")
    func fields() throws {
        let lines = try output("run --json-lines a.fl").output.split(separator: "\n")
        let objects = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:] }
        func outcome(_ line: Int) -> [String: Any]? { objects[line - 1]["outcome"] as? [String: Any] }
        #expect(objects[4]["process"] as? String == "c" && objects[4]["call"] as? String == "store")
        #expect(objects[4]["minorFaults"] as? Int == 1)
        #expect(outcome(2)?["pages"] as? Int == 2)
        #expect(outcome(3)?["resident"] as? [Bool] == [true, true, false, false])
        #expect(outcome(8)?["errno"] as? String == "EINVAL" && outcome(8)?["errnoNumber"] as? Int == 22)
        let signal = try #require(outcome(9))
        #expect(signal["signal"] as? String == "SIGSEGV" && signal["code"] as? String == "SEGV_MAPERR")
        #expect(signal["address"] as? String == "0x100000100000")
        #expect(objects[11]["outcome"] == nil && objects[11]["call"] == nil)
    }

    @Test("the checker finds what the schema forbids")
    func checker() throws {
        let schema = try JSONSchema(
            Data(
                """
                {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}, "k": {"enum": ["a"]}, "t": {"pattern": "^x"}},
                 "required": ["n"], "additionalProperties": false}
                """.utf8))
        #expect(try schema.problems(#"{"n": 3, "k": "a", "t": "xy"}"#) == [])
        for wrong in [
            #"{}"#, #"{"n": -1}"#, #"{"n": true}"#, #"{"n": 1, "k": "b"}"#, #"{"n": 1, "t": "y"}"#,
            #"{"n": 1, "m": 2}"#, "[]",
        ] {
            #expect(try !schema.problems(wrong).isEmpty, "\(wrong)")
        }
        #expect(try JSONSchema(Data(#"{"maximum": 3}"#.utf8)).problems("1").first?.contains("does not know") == true)
    }
}
