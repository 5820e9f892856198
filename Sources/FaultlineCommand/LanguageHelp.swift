import ArgumentParser
import FaultlineScenario

/// `faultline help language`, `faultline help events` and `faultline help CALL`.
enum LanguageHelp {
    /// The text that the arguments ask for; nil where they ask for something else, or for a command of that name.
    static func text(for arguments: some Collection<String>) -> String? {
        let words = Array(arguments)
        guard words.first == "help" else { return nil }
        if words == ["help", "language"] { return LanguageReference.text }
        if words == ["help", "events"] { return TraceReference.text }
        if words.count == 3, words[1] == "language" { return LanguageReference.text(of: words[2]) }
        guard words.count == 2, !commands.contains(words[1]) else { return nil }
        return LanguageReference.text(of: words[1])
    }

    private static var commands: [String] {
        FaultlineTool.configuration.subcommands.compactMap { $0.configuration.commandName }
    }
}
