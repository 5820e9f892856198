import Faultline

/// Questions about a small random program, whose answers the simulated machine gives.
public struct Quiz: Sendable {
    /// A question about one statement.
    public struct Question: Sendable, Equatable {
        /// `a`, `b` and so on.
        public let letter: String
        /// The statement's line.
        public let line: Int
        /// What the machine did.
        public let answer: String
        /// Why, a line each.
        public let why: [String]
    }

    /// What it is about.
    public let topic: QuizTopic
    /// What it was made from.
    public let seed: UInt64
    /// The program, a statement a line.
    public let source: String
    /// In the order of lines.
    public let questions: [Question]

    /// Makes the quiz of a topic and a seed, and runs its program.
    ///
    /// - Throws: what a machine throws that cannot be made.
    public init(_ topic: QuizTopic, seed: UInt64) throws {
        self.topic = topic
        self.seed = seed
        let made = QuizProgram(topic, seed: seed)
        source = made.source
        let executor = try SimulatorExecutor()
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        var questions: [Question] = []
        for (index, line) in made.lines.enumerated() {
            let before = try QuizMoment(executor)
            executor.machine.trace(true)
            guard let step = try session.step() else { preconditionFailure("a statement a line") }
            let events = executor.machine.takeEvents()
            executor.machine.trace(false)
            guard line.isAsked else { continue }
            let after = try QuizMoment(executor)
            let answer = try QuizAnswer(topic, step, events, before, after, session: session, executor: executor).text
            let why = StatementExplanation(step, events: events, processName: executor.processName).reasons
            let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(questions.count)))
            questions.append(Question(letter: letter, line: index + 1, answer: answer, why: why))
        }
        self.questions = questions
    }

    /// The program with its questions, and with the answers where they are wanted.
    public func text(showsAnswers: Bool) -> String {
        var lines = [
            "\(topic.rawValue), seed \(seed): \(topic.summary)", "", topic.question,
            "W is an address where nothing was mapped. Answer for each statement with a letter.", "",
        ]
        let statements = source.split(separator: "\n").map(String.init)
        for (index, statement) in statements.enumerated() {
            let question = questions.first { $0.line == index + 1 }
            lines.append("  \(question.map { $0.letter + ")" } ?? "  ")  \(statement)")
            guard showsAnswers, let question else { continue }
            lines.append("        answer: \(question.answer)")
            lines += question.why.prefix(Self.mostReasons).map { "        | " + $0 }
            let hidden = question.why.count - Self.mostReasons
            if hidden > 0 { lines.append("        | and \(hidden) more") }
        }
        if !showsAnswers {
            lines += ["", "The answers: faultline quiz --topic \(topic.rawValue) --seed \(seed) --answers"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let mostReasons = 12
}
