import CLineEditor
import FaultlineScenario
import Glibc

/// Lines that a user types at a terminal, with editing, history and completion where the package was built with libedit.
struct LineEditor {
    /// How many lines of history are kept.
    private static let limit: Int32 = 1000
    private let history: String?

    /// Reads the history of earlier shells: of `FAULTLINE_HISTORY`, or of a file in the user's folder. An empty name keeps none.
    init() {
        let preset = HostFiles.environment("HOME").map { $0 + "/.faultline_history" }
        history = (HostFiles.environment("FAULTLINE_HISTORY") ?? preset).flatMap { $0.isEmpty ? nil : $0 }
        if let history { fl_line_load_history(history) }
    }

    /// The next line; nil at the end of the input.
    func line(_ prompt: String, for shell: Shell) -> String? {
        let processes = shell.session.processNames
        // A space follows where the word is whole.
        let commands = ShellAction.all.map { $0.name + " " }
        let first = commands + ["quit"] + processes.map { $0 + ": " } + CallName.allCases.map { $0.rawValue + "(" }
        let others = processes.map { $0 + ":" } + shell.session.names.keys.sorted() + commands + ["--swift "]
        Self.setWords(first, others)
        guard let bytes = fl_line_read(prompt) else { return nil }
        defer { free(bytes) }
        return String(cString: bytes)
    }

    /// Keeps the history for the next shell.
    func save() {
        guard let history, !fl_line_save_history(history, Self.limit) else { return }
        StandardError.write("note: the history cannot be written to \(history)")
    }

    private static func setWords(_ first: [String], _ others: [String]) {
        let words = (first + others).map { strdup($0) }
        defer { words.forEach { free($0) } }
        let pointers = words.compactMap { $0.map { UnsafePointer($0) } }
        // SAFETY: the words live until the call has copied them.
        pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            fl_line_set_words(base, first.count, base + first.count, others.count)
        }
    }
}
