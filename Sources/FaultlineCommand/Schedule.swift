import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// What `--before` asks for, in the order of lines; those of one line keep their order.
struct Schedule {
    private var actions: [ScheduledAction] = []

    /// Nothing happens.
    init() {}

    /// Reads the values of `--before` for a program.
    ///
    /// - Throws: `ValidationError` for one that is malformed, or comes behind the program's last statement.
    init(_ texts: [String], for program: Program) throws {
        let last = program.statements.last?.line ?? 0
        for text in texts {
            let action: ScheduledAction
            do { action = try ScheduledAction(text) } catch { throw ValidationError("--before \(error)") }
            if action.line > last {
                throw ValidationError("--before \(text): the program's last statement is in line \(last)")
            }
            let place = actions.firstIndex { $0.line > action.line } ?? actions.endIndex
            actions.insert(action, at: place)
        }
    }

    /// Lets happen what comes before a statement; returns what is to be told of it.
    mutating func apply(before statement: Statement, to machine: Machine) -> [String] {
        var told: [String] = []
        while let next = actions.first, next.line <= statement.line {
            told += actions.removeFirst().apply(to: machine)
        }
        return told
    }
}
