extension CallTable {
    /// What a program asks of the recording.
    static let observation: [CallDefinition] = [
        CallDefinition(
            "observe", result: .state, faults: .never,
            about: "Writes the state of every live process into the recording.", example: "observe()",
            custom: { _ in StatementResult(.ok) })
    ]
}
