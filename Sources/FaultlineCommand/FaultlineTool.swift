import ArgumentParser

/// The command `faultline`: it parses arguments, calls the libraries, and prints.
struct FaultlineTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultline",
        abstract: "The Linux x86-64 virtual memory system, simulated.",
        discussion: """
            'faultline help language' prints the reference of the scenario language, 'faultline help CALL' what it says of one \
            call, such as 'faultline help mremap'.
            """,
        subcommands: [
            RunCommand.self, CheckCommand.self, RecordCommand.self, ReverseMapCommand.self, MapsCommand.self,
            GenerateCommand.self, ForkCommand.self,
        ])
}
