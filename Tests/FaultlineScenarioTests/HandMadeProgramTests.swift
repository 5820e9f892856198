import Testing

@testable import FaultlineScenario

/// Programs that a caller puts together without a text.
@Suite struct HandMadeProgramTests {
    @Test(
        "a program of parsed statements is valid; one whose statements do not fit together is refused with their lines")
    func validation() throws {
        let statements = try ["p = mmap(W, 4K, 3, 0x32, -1, 0)", "load(p)"].enumerated().map { index, text in
            try #require(try Parser.statement(text, line: index + 1))
        }
        #expect(try Program(statements: statements).validated().statements.elementsEqual(statements))
        do {
            _ = try Program(statements: [statements[1]]).validated()
            Issue.record("a variable that no statement sets is not reported")
        } catch {
            #expect("\(error)".contains("2:6"))
        }
    }
}
