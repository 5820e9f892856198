import FaultlineHost
import Foundation
import Testing

@testable import Faultline
@testable import FaultlineScenario

/// Each allocation of a frame that a program makes fails once: the statement ends in an error or a kill, or does without the
/// frame; the machine's state stays whole, and when all processes have ended nothing is left of them.
///
/// `FAULTLINE_ALLOCATIONS=all` takes every allocation of every recorded program and of random ones, which lasts hours; a number
/// takes so many of each program. Which ones they are follows from a seed, which a failure names; `FAULTLINE_SEED` sets it.
@Suite("A frame that is not there")
struct AllocationFailureTests {
    /// What a program came to on a machine where some allocations fail.
    private struct Outcome {
        var results: [(line: Int, outcome: CallOutcome)] = []
        var allocations: UInt64 = 0
        /// Whether a process was killed for memory.
        var hadKills = false
    }

    private static func number() -> UInt64? {
        guard let text = ProcessInfo.processInfo.environment["FAULTLINE_ALLOCATIONS"] else { return nil }
        return text == "all" ? .max : UInt64(text)
    }

    /// Runs a program on a machine that checks itself after every statement, and ends all its processes.
    private static func run(_ program: Program, failing: AllocationFailures) throws -> Outcome {
        let executor = try SimulatorExecutor()
        let machine = executor.machine
        executor.selfCheck = .everyCall
        executor.findProgram = ProgramImage.files
        machine.physical.setFailures(failing)
        var outcome = Outcome()
        let runner = try ScenarioSession(program, on: executor)
        do {
            _ = try runner.run(onStep: { step in
                guard case .result(let result) = step.content else { return }
                outcome.results.append((step.statement.line, result.outcome))
            })
        } catch ExecutionFailure.notRet {
            // The page that was to hold the instruction could not be written to.
        }
        outcome.allocations = machine.physical.failures?.count ?? 0
        outcome.hadKills = !machine.takeOutOfMemoryKills().isEmpty
        machine.physical.setFailures(nil)
        for process in 0..<machine.processCount where machine.isAlive(process) { try machine.exit(process) }
        // ksmd lets go of a process that ended when it comes by.
        try machine.unmergeAll()
        if let problem = machine.checkInvariants() { throw InvariantFailure(line: 0, soundLine: nil, problem: problem) }
        #expect(machine.vmas.liveCount == 0 && machine.anonVMAs.liveCount == 0 && machine.chains.liveCount == 0)
        #expect(machine.mms.liveCount == 0)
        return outcome
    }

    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["FAULTLINE_SEED"].flatMap { UInt64($0) } ?? 0x0a11_0c8d
    }

    /// Lets allocations of a program fail, each alone and each with all that follow: about `limit` of them, one of each of as many equal
    /// parts of the program, which the seed chooses.
    private static func failEach(_ name: String, _ program: Program, limit: UInt64) {
        let name = "FAULTLINE_SEED=\(seed), \(name)"
        var random = SplitMix64(seed: seed)
        do {
            let whole = try run(program, failing: .none)
            let step = max(1, whole.allocations / max(1, limit))
            for part in stride(from: 1, through: whole.allocations, by: Int(step)) {
                let number = min(part + UInt64(random.below(Int(step))), whole.allocations)
                for failing in [number...number, number...(.max - 1)] {
                    do {
                        let outcome = try run(program, failing: AllocationFailures(failing))
                        check(outcome, whole, "\(name), allocations \(failing.lowerBound)... fail")
                    } catch {
                        Issue.record(
                            "\(name), allocations \(failing.lowerBound)...\(failing.upperBound) fail: \(error)")
                    }
                }
            }
        } catch {
            Issue.record("\(name): \(error)")
        }
    }

    /// The first result that differs says that a frame lacked: an error of memory, or a kill, of the caller or of the process
    /// that the next statement names. What mincore says may differ too: populating goes on without the page.
    private static func check(_ outcome: Outcome, _ whole: Outcome, _ name: String) {
        guard let (got, usual) = zip(outcome.results, whole.results).first(where: { $0 != $1 }) else { return }
        // Another process was killed before: the limit that was to kill this one is not reached, or its fault is nobody's to serve.
        if outcome.hadKills {
            if case .signal(.SIGKILL, _, _) = usual.outcome { return }
            if case .waits = usual.outcome { return }
        }
        switch got.outcome {
        // EIO is what /proc/PID/mem makes of a page that cannot be had.
        case .error(.ENOMEM), .error(.EAGAIN), .error(.ESRCH), .error(.EIO), .signal(.SIGKILL, _, _), .residency: return
        // UFFDIO_COPY and UFFDIO_MOVE say how far they came.
        case .partial(.EAGAIN, _): return
        // Populating gave up before it met the page for which this one is served.
        case .error(.EEXIST) where name.contains("uffd"): return
        // process_vm_readv, and the pins of a ring.
        case .error(.EFAULT): return
        // hugetlb_fault: the pool did not grow.
        case .signal(.SIGBUS, .BUS_ADRERR, _) where name.contains("hugetlb"): return
        // MAP_POPULATE and mlock go on without a page, which is still in the pool for others then.
        case .told where name.contains("hugetlb"): return
        case .value where name.contains("hugetlb") && usual.outcome == .error(.EFAULT): return
        // What was not brought in cannot go.
        case .reclaimed: return
        case .value(let part):
            // A transfer over the end of a page, the second of which had no frame.
            if case .value(let all) = usual.outcome, part < all { return }
            // Memory of the kernel's own from another slab or place than usual.
            if case .value(let all) = usual.outcome, min(part, all) >= 1 << 63 { return }
            Issue.record("\(name): line \(got.line) came to \(part), usually \(usual.outcome)")
        default: Issue.record("\(name): line \(got.line) came to \(got.outcome), usually \(usual.outcome)")
        }
    }

    @Test("each allocation of recorded programs fails once", arguments: RecordedCase.folders)
    func recorded(_ profile: String) throws {
        let cases = try RecordedCase.all(of: profile)
        let limit = Self.number()
        for (index, recorded) in cases.enumerated() where limit != nil || index % 20 == 7 {
            Self.failEach(
                recorded.testDescription, try Parser.parse(recorded.program), limit: limit ?? 6)
        }
    }

    @Test("each allocation of random programs fails once", arguments: ScenarioProfile.allCases)
    func random(_ profile: ScenarioProfile) throws {
        let limit = Self.number()
        for seed in 0..<(limit == nil ? 2 : 50) as Range<UInt64> {
            Self.failEach(
                "\(profile.rawValue)-\(seed)", try ScenarioGenerator.program(profile: profile, seed: seed),
                limit: limit ?? 6)
        }
    }

    @Test("a machine whose first process lacks a frame says so, and keeps nothing of it")
    func start() throws {
        var number: UInt64 = 1
        while true {
            let machine = try Machine(ramBytes: 64 << 20)
            machine.physical.setFailures(AllocationFailures(number...number))
            do { _ = try machine.start() } catch { #expect(error == .ENOMEM) }
            let isPast = (machine.physical.failures?.count ?? 0) < number
            machine.physical.setFailures(nil)
            #expect(machine.checkInvariants() == nil)
            for process in 0..<machine.processCount where machine.isAlive(process) { try machine.exit(process) }
            #expect(machine.checkInvariants() == nil)
            #expect(machine.vmas.liveCount == 0)
            if isPast { break }
            number += 1
        }
        #expect(number > 4)
    }
}
