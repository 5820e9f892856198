import Testing

@testable import Faultline
@testable import FaultlineScenario

/// The machine's checks of itself, as a run makes them.
@Suite("Self-checks of a run")
struct SelfCheckTests {
    private func executor(_ check: SelfCheck) throws -> SimulatorExecutor {
        let executor = try SimulatorExecutor()
        executor.selfCheck = check
        return executor
    }

    /// Maps 16 MiB, writes all of it, and stores to its first pages.
    private static let source =
        "p = mmap(W, 16M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\nwrite_pages(p, 16M)\n"
        + (0..<200).map { "store(p+\($0 % 16 * 4)K, \($0 % 256))\n" }.joined()

    private static let place: UInt64 = 0x1000_0000_0000

    /// Runs the program, with a wrong map count from line 10 on of the page that lies so many bytes behind the start.
    private func failure(_ check: SelfCheck, at offset: UInt64) throws -> InvariantFailure? {
        let executor = try executor(check)
        let session = try ScenarioSession(try Parser.parse(Self.source), on: executor)
        do {
            _ = try session.run(beforeStep: { statement in
                if statement.line == 10 { executor.machine.spoilMapCount(Self.place + offset) }
            })
        } catch let failure as InvariantFailure { return failure }
        return nil
    }

    @Test("a fault beside what a statement touches shows after that statement")
    func nearby() throws {
        let failure = try #require(try failure(.spread, at: 0))
        #expect(failure.line == 10 && failure.soundLine == nil)
        #expect(failure.problem.contains("exclusive but mapped often"))
    }

    @Test("a fault elsewhere shows when everything is checked, with the line that was sound; else it shows at once")
    func elsewhere() throws {
        let spread = try #require(try failure(.spread, at: 8 << 20))
        #expect(spread.line > 10)
        let sound = try #require(spread.soundLine)
        #expect(sound < 10)
        #expect(spread.description.hasSuffix(" (all was well after line \(sound))"))
        let each = try #require(try failure(.everyCall, at: 8 << 20))
        #expect(each.line == 10 && each.soundLine == nil)
        #expect(try failure(.never, at: 8 << 20) == nil)
    }

    @Test("the end of a run is checked")
    func end() throws {
        let executor = try executor(.spread)
        let session = try ScenarioSession(try Parser.parse(Self.source), on: executor)
        try session.go(to: 4)
        executor.machine.spoilMapCount(Self.place + (8 << 20))
        #expect(throws: InvariantFailure.self) { _ = try executor.observe() }
    }
}

extension Machine {
    /// Makes the map count of the first process's page at an address wrong.
    fileprivate func spoilMapCount(_ address: VirtualAddress) {
        guard case .entry(let entry) = lookup(processes[0].mm, address) else { return }
        page(PTE(rawValue: entry.pointee).pfn).pointee.mapcount += 1
    }
}
