import CHost
import FaultlineScenario

/// On which processors the program's processes run.
extension LiveMachine {
    /// `run_on(cpu)`: processor 0 is the one on which the program started, the others of this machine follow.
    func run(_ agent: Agent, onCPU number: UInt64) throws(LiveError) -> StatementResult {
        let first = options.agentOptions.cpu
        let processors = [first] + LiveOptions.processors().filter { $0 != first }
        guard number < UInt64(processors.count) else { return StatementResult(.error(.EINVAL)) }
        let processor = processors[Int(number)]
        let result = fl_agent_pin(agent.process, processor)
        if result == 0 { agent.processor = processor }
        return try StatementResult(raw: Int64(result))
    }
}
