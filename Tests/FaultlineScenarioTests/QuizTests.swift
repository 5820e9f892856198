import Faultline
import Testing

@testable import FaultlineScenario

@Suite struct QuizTests {
    @Test("every topic has questions with answers and reasons for every seed", arguments: QuizTopic.allCases)
    func topics(_ topic: QuizTopic) throws {
        for seed in 0..<40 as Range<UInt64> {
            let quiz = try Quiz(topic, seed: seed)
            #expect(!quiz.questions.isEmpty, "seed \(seed)")
            #expect(quiz.questions.allSatisfy { !$0.answer.isEmpty && !$0.why.isEmpty })
            #expect(quiz.questions.map(\.line) == quiz.questions.map(\.line).sorted())
        }
    }

    @Test("the same seed asks the same, another one something else")
    func seeds() throws {
        let first = try Quiz(.cow, seed: 5)
        #expect(try Quiz(.cow, seed: 5).text(showsAnswers: true) == first.text(showsAnswers: true))
        #expect(try Quiz(.cow, seed: 6).source != first.source)
        #expect(!first.text(showsAnswers: false).contains("answer:"))
    }

    @Test("answers are those of the machine: a second run counts the same faults", arguments: QuizTopic.allCases)
    func answers(_ topic: QuizTopic) throws {
        for seed in 0..<10 as Range<UInt64> {
            let quiz = try Quiz(topic, seed: seed)
            let session = try ScenarioSession(try Parser.parse(quiz.source), on: SimulatorExecutor())
            let run = try session.run()
            for question in quiz.questions {
                let step = try #require(run.steps.first { $0.statement.line == question.line })
                guard topic == .cow || topic == .faults, let faults = step.result?.faults else { continue }
                let count = faults.minor + faults.major
                let text = count == 0 ? "no fault" : count == 1 ? "1 fault" : "\(count) faults"
                #expect(question.answer.contains(text), "\(topic) \(seed) \(question.letter)")
            }
        }
    }
}
