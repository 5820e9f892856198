/// The reference of the scenario language, made from the tables that the parser and both machines use: docs/LANGUAGE.md
/// and `faultline help language` are this text.
public enum LanguageReference {
    /// The whole reference, as Markdown.
    public static let text: String = [
        syntax, processes, expressions, constants, expectations, calls, recording, state,
    ]
    .joined(separator: "\n")

    /// What the reference says of one call; nil where the language has none of that name.
    public static func text(of call: String) -> String? { CallName(rawValue: call).map { entry($0.definition) } }

    private static var calls: String {
        let groups = CallTable.groups.map { group in
            "### \(group.title)\n\n" + group.calls.map(entry).joined(separator: "\n")
        }
        return """
            ## Calls

            Numbers that a program leaves out are 0; strings and processes must be given. Unless it says otherwise below, the
            result of a call is the value that the kernel returns, and the faults that the call took are shown.

            \(groups.joined(separator: "\n"))
            """
    }

    private static func entry(_ call: CallDefinition) -> String {
        let notes = [resultNote(call.result), faultNote(call.faults)].compactMap(\.self).joined(separator: " ")
        return "#### `\(call.signature)`\n\n\(wrapped(call.about + (notes.isEmpty ? "" : " " + notes)))\n\n"
            + "    \(call.example)\n"
    }

    private static func resultNote(_ result: CallDefinition.ResultForm) -> String? {
        switch result {
        case .value, .residency, .statuses, .told, .state: nil
        case .ok: "Success is written `ok`."
        case .pages: "Success is written `ok pages=N`."
        case .exited: "The recording says `exited`."
        }
    }

    private static func faultNote(_ faults: CallDefinition.FaultDisplay) -> String? {
        switch faults {
        case .never: "It never shows faults."
        case .whenTaken: nil
        case .always: "Its faults are always shown."
        }
    }

    /// The text in lines of at most 120 characters.
    static func wrapped(_ text: String, indent: String = "") -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = indent + word
            } else if line.count + 1 + word.count <= 120 {
                line += " " + word
            } else {
                lines.append(line)
                line = indent + word
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
