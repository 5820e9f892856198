import Faultline

/// A call on its way to the simulated machine, as a row of the call table sees it.
struct SimulatedCall {
    /// Who makes it.
    let executor: SimulatorExecutor
    /// The call.
    let call: EvaluatedCall
    /// The process that makes it.
    let process: Int

    /// The simulated machine.
    var machine: Machine { executor.machine }

    /// The number at the index; strings and processes are not among them.
    subscript(index: Int) -> UInt64 { call.arguments[index] }

    /// The number at the index as the C type `int` has it.
    func int(_ index: Int) -> Int32 { call.int(index) }

    /// The number at the index as a byte.
    func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: call.arguments[index]) }

    /// What a new file is called in the state.
    var fileName: String { "file:\(call.assignedName ?? "")" }
}
