import Faultline

/// Writes a recording statement by statement, for a run whose steps nobody keeps.
public struct RecordingWriter {
    private var text: String

    /// Begins with what stands before the first statement.
    public init(kernelVersion: String, cpu: CPUSettings, initial: [InitialVMA]) {
        text = "kernel \(kernelVersion)\n"
        if !cpu.features.isEmpty { text += "cpu \(cpu.features.joined(separator: " "))\n" }
        for vma in initial { text += "initial \(vma.text)\n" }
    }

    /// Adds what a statement did; nothing for a plain assignment.
    public mutating func add(_ step: ScenarioStep) {
        for content in step.contents { add(content, line: step.statement.line) }
    }

    mutating func add(_ content: Recording.Content, line: Int) {
        switch content {
        case .result(let result):
            // Piece by piece: a string made of them first takes longer than all else here.
            text += String(line)
            text += " "
            result.write(to: &text)
            text += "\n"
        case .observation(let state): text += "\(line) observe\n" + state.text
        case .killed(let process): text += "\(line) killed \(process)\n"
        case .wakes(let wake): text += "\(line) wakes \(wake.text)\n"
        }
    }

    /// The recording's bytes, with the state after the last statement.
    public consuming func finish(_ end: RecordedState) -> String {
        text += "end\n" + end.text
        return text
    }
}
