import Testing

@testable import Faultline
@testable import FaultlineScenario

/// Programs for which the machine has no frame left, also where the agent itself needs one.
@Suite("Programs without a frame")
struct WithoutFrameProgramTests {
    /// A program that fills a machine of 2 MiB but for `free` frames, then makes some statements.
    private static func run(free: Int, _ statements: [String]) throws -> ScenarioRun {
        // As many pages as find a frame, less those that stay free.
        let room = try Self.room.get()
        var lines = ["p = mmap(W, 16K, 3, 0x32, -1, 0)", "write_pages(p, 16K, 1)", "f = memfd_create(\"m\", 0)"]
        for page in 0..<(room - free) { lines.append("pwrite(f, \(page * 4)K, 1, 1)") }
        lines += statements
        let executor = try SimulatorExecutor(ramBytes: 2 << 20)
        executor.selfCheck = .everyCall
        let runner = try ScenarioSession(try Parser.parse(lines.joined(separator: "\n")), on: executor)
        return try runner.run()
    }

    private static let room: Result<Int, any Error> = Result {
        let executor = try SimulatorExecutor(ramBytes: 2 << 20)
        let machine = executor.machine
        try machine.mmap(0, 0x1000_0000_0000, 0x4000, prot: 3, flags: 0x32)
        for page in 0..<UInt64(4) { _ = try machine.store(0, 0x1000_0000_0000 + page << 12, 1) }
        let file = try machine.memfdCreate(0, "m", flags: 0)
        var count = 0
        while (try? machine.pwrite(0, file, offset: UInt64(count) << 12, length: 1, byte: 1)) != nil { count += 1 }
        return count
    }

    private static func outcomes(_ run: ScenarioRun) -> [CallOutcome] {
        run.steps.compactMap { if case .result(let result) = $0.content { result.outcome } else { nil } }
    }

    @Test("a page that the agent touches for mlockall and cannot have ends in a kill, never in an error of the run")
    func lockedAll() throws {
        var kills = 0
        var runs = 0
        // The agent has 33 pages of stack and a few of data.
        for free in stride(from: 0, through: 90, by: 6) {
            runs += 1
            let outcomes = Self.outcomes(try Self.run(free: free, ["mlockall(MCL_CURRENT)", "load(W)"]))
            let (lock, load) = (outcomes[outcomes.count - 2], outcomes[outcomes.count - 1])
            if lock == .signal(.SIGKILL, .SI_KERNEL, address: 0) {
                kills += 1
                #expect(load == .error(.ESRCH))
            } else {
                #expect(lock == .value(0) && load == .value(1))
            }
        }
        #expect(kills > 0 && kills < runs)
    }

    @Test("a fork whose agents cannot have their pages makes the processes that later statements name")
    func forks() throws {
        var kills = 0
        for free in 0..<40 {
            let run = try Self.run(
                free: free, ["c = fork()", "d = fork()", "store(W, 5)", "c: load(W)", "d: store(W, 6)", "load(W)"])
            for outcome in Self.outcomes(run).suffix(6) {
                switch outcome {
                case .signal(.SIGKILL, _, _): kills += 1
                case .ok, .value, .error(.ENOMEM), .error(.ESRCH): break
                default: Issue.record("\(free) frames free: \(outcome)")
                }
            }
            // Each process that lives sees its own byte or the one of before the fork.
            if case .value(let byte) = Self.outcomes(run).last { #expect([1, 5].contains(byte)) }
        }
        #expect(kills > 0)
    }

    @Test("moves that find no frame fail one after the other")
    func moves() throws {
        let moves = [String](repeating: "mremap(p, 16K, 16K, 3, 0x200000000000)", count: 30)
        for free in 0..<4 {
            let outcomes = Self.outcomes(try Self.run(free: free, moves + ["setrlimit(RLIMIT_AS, 4G)", "load(p)"]))
            #expect(outcomes.last == .value(1) || outcomes.contains(.value(0x2000_0000_0000)))
        }
    }
}
