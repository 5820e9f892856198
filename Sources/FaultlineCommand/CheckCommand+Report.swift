import Faultline
import FaultlineHost
import FaultlineScenario
import Glibc

extension CheckCommand {
    /// Prints a verdict; a difference is reduced and written down where that is wanted.
    func report(
        _ verdict: Verdict, name: String, source: String, _ check: ProgramCheck, _ reached: inout Reached
    ) throws {
        switch verdict {
        case .equal(let kernel, let unmodelled):
            if coverage { try reached.add(source, kernel.recording) }
            print("\(name): equal")
            for use in unmodelled { print("  \(use)") }
        case .unstable(let lines):
            print("\(name): left out, the kernel does not do the same twice; not checked")
            for line in lines.prefix(20) { print("  \(line)") }
            if lines.count > 20 { print("  and \(lines.count - 20) lines more") }
        case .notRun(let reason): print("\(name): not run: \(reason)")
        case .different(let difference):
            var source = source
            var difference = difference
            if shrink { shrinkDifference(&source, &difference, check) }
            show(difference, name: name, source: source)
            if let folder = keep ?? (shrink ? "." : nil) {
                try write(difference, source: source, name: shrink ? "\(name)-small.fl" : name, into: folder)
            }
        }
    }

    /// Prints the expectations that failed on the live kernel; returns how many.
    func reportExpectations(_ verdict: Verdict, _ path: String) -> Int {
        let run: ScenarioRun
        switch verdict {
        case .equal(let kernel, _): run = kernel
        case .different(let difference): run = difference.kernel
        case .unstable, .notRun: return 0
        }
        for step in run.failedExpectations {
            print("  \(path):\(step.statement.line): \(step.expectationFailure ?? "") in \(step.statement.source)")
        }
        return run.failedExpectations.count
    }

    private func shrinkDifference(_ source: inout String, _ difference: inout Verdict.Difference, _ check: ProgramCheck)
    {
        var quick = check
        quick.runs = 1
        var smallest = difference
        var shrinker = ProgramShrinker { program in
            guard case .different(let found) = quick.verdict(on: program) else { return false }
            smallest = found
            return true
        }
        source = shrinker.shrink(source)
        difference = smallest
    }

    private func show(_ difference: Verdict.Difference, name: String, source: String) {
        print("\(name): different")
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if shrink { lines.forEach { print("    \($0)") } }
        if let failure = difference.failure { print("  the simulator failed: \(failure)") }
        difference.comparison?.report(program: lines).forEach { print("  \($0)") }
        for use in difference.unmodelled { print("  \(use)") }
    }

    private func write(_ difference: Verdict.Difference, source: String, name: String, into directory: String) throws {
        var base = HostFiles.lastName(name)
        if base.hasSuffix(".fl") { base.removeLast(3) }
        do {
            try HostFiles.makeFolder(directory)
            try HostFiles.write(Array(source.utf8), to: "\(directory)/\(base).fl")
            try HostFiles.write(Array(difference.kernel.recording.text.utf8), to: "\(directory)/\(base).expected")
        } catch {
            throw CommandFailure("cannot write into \(directory): \(error)")
        }
    }
}
