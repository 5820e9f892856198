import ArgumentParser
import Faultline

/// The command `faultline`: it parses arguments, calls the libraries, and prints.
struct FaultlineTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline",
        abstract: "The Linux x86-64 virtual memory system, simulated.",
        discussion: """
            'faultline help language' prints the reference of the scenario language, 'faultline help CALL' what it says of one \
            call, such as 'faultline help mremap', 'faultline help events' the events of 'run --trace'.
            """,
        version: "faultline 0.1, which models Linux \(Faultline.modelledKernel)",
        subcommands: [
            RunCommand.self, CheckCommand.self, RecordCommand.self, ReverseMapCommand.self, MapsCommand.self,
            GenerateCommand.self, ReportCommand.self, QuizCommand.self, ForkCommand.self, ExecCommand.self,
            WhyCommand.self,
            WhyNotMergedCommand.self, CatCommand.self, BootCommand.self, TranslateCommand.self, PageTablesCommand.self,
            ShellCommand.self, TraceCommand.self, FitCommand.self, RacesCommand.self,
        ])

    /// The command that the arguments name, with its options.
    ///
    /// The parser looks at the options of every subcommand before it reads the first word, which takes longer than most programs run. So
    /// the subcommand is asked first; what it does not take, help among it, goes the whole way, and is answered as ever.
    static func command(_ arguments: [String]) throws -> any ParsableCommand {
        if let name = arguments.first,
            let subcommand = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
            let command = try? subcommand.parseAsRoot(Array(arguments.dropFirst())),
            // A request for help is another command.
            type(of: command) == subcommand
        {
            return command
        }
        return try parseAsRoot(arguments)
    }

    /// The arguments as the parser takes them: `--trace=LIST`, of an option that may also stand alone, becomes two options.
    static func expanded(_ arguments: [String]) -> [String] {
        guard let end = arguments.firstIndex(of: "--") else { return arguments.flatMap { expanded($0) } }
        return arguments[..<end].flatMap { expanded($0) } + arguments[end...]
    }

    private static func expanded(_ argument: String) -> [String] {
        let prefix = "--trace="
        guard argument.hasPrefix(prefix) else { return [argument] }
        return ["--trace", "--trace-filter=" + argument.dropFirst(prefix.count)]
    }
}
