import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// What `--before` asks for, by the place in the program that it comes before.
struct Schedule {
    /// Those of one place are in the order of lines; those of one line keep their order.
    private var actions: [Int: [ScheduledAction]] = [:]

    /// Nothing happens.
    init() {}

    /// Reads the values of `--before` for a program.
    ///
    /// - Throws: `ValidationError` for one that is malformed, or comes behind the program's last statement.
    init(_ texts: [String], for program: Program) throws {
        var all: [ScheduledAction] = []
        for text in texts {
            let action: ScheduledAction
            do { action = try ScheduledAction(text) } catch { throw ValidationError("--before \(error)") }
            let last = program.statements.last?.line ?? 0
            if action.line > last {
                throw ValidationError("--before \(text): the program's last statement is in line \(last)")
            }
            let place = all.firstIndex { $0.line > action.line } ?? all.endIndex
            all.insert(action, at: place)
        }
        for action in all {
            // A line without a statement stands for the next one that has one.
            guard
                let place = program.statements.indices.first(where: { program.statements.line(at: $0) >= action.line })
            else { continue }
            actions[place, default: []].append(action)
        }
    }

    /// A session of the program in which all of it happens.
    ///
    /// - Parameters:
    ///   - checkpoints: what may be spent on going back; nil for a session that goes forward only.
    ///   - keepsSteps: false where each step is used as it is made.
    func session(
        _ program: Program, on executor: SimulatorExecutor, checkpoints: ScenarioSession.CheckpointLimits? = nil,
        keepsSteps: Bool = true
    ) throws -> ScenarioSession {
        let session = try ScenarioSession(
            program, on: executor, checkpoints: checkpoints, keepsSteps: keepsSteps)
        let (actions, machine) = (actions, executor.machine)
        session.outside = { place in actions[place, default: []].flatMap { $0.apply(to: machine) } }
        return session
    }
}
