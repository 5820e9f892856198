import ArgumentParser
import FaultlineScenario

extension QuizTopic: ExpressibleByArgument {}

/// `faultline quiz`: questions about random programs.
struct QuizCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quiz",
        abstract: "Ask what a small random program does; the simulated machine knows the answers.",
        discussion: """
            The same topic and seed give the same program. Answer on paper, then look with --answers, which says why too.

            \(QuizTopic.allCases.map { "\($0.rawValue): \($0.summary)." }.joined(separator: "\n"))
            """)

    @Option(
        help: ArgumentHelp(
            "What the questions are about: \(QuizTopic.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "topic"))
    var topic: QuizTopic

    @Option(help: "The seed of the program.")
    var seed: UInt64 = 1

    @Flag(name: [.customShort("c"), .long], help: "Show the answers, and why.")
    var answers = false

    func run() throws { print(try Quiz(topic, seed: seed).text(showsAnswers: answers), terminator: "") }
}
