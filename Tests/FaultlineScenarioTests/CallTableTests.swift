import Testing

@testable import FaultlineHost
@testable import FaultlineScenario

/// The table of calls is whole: each row can be read, shown, and made on both machines.
@Suite struct CallTableTests {
    @Test func everyExampleIsAStatementThatMakesItsCall() throws {
        for definition in CallTable.definitions {
            let statement = try Parser.statement(definition.example, line: 1)
            #expect(statement?.call?.name.rawValue == definition.name, "\(definition.example)")
        }
    }

    @Test func everyCallHasAWayToTheLiveKernel() {
        for name in CallName.allCases where name != .observe && name.definition.isLive {
            #expect(
                name.definition.number != nil || LiveCallTable.special[name] != nil,
                "\(name.rawValue) has neither a number nor an entry in LiveCallTable")
        }
    }

    @Test func aCallHasAtMostSixNumbersAndItsStringsComeFirst() {
        for definition in CallTable.definitions {
            let kinds = definition.parameters.map(\.kind)
            #expect(kinds.count { $0 == .number } <= EvaluatedCall.argumentCount, "\(definition.name)")
            // Numbers may be left out, so what must be there stands before them.
            let firstNumber = kinds.firstIndex(of: .number) ?? kinds.count
            #expect(
                definition.parameters[firstNumber...].allSatisfy { $0.kind == .number || $0.isOptional },
                "\(definition.signature)")
        }
    }

    @Test func everyRowSaysWhatTheCallDoes() {
        for definition in CallTable.definitions {
            #expect(definition.about.hasSuffix("."), "\(definition.name): \(definition.about)")
        }
    }
}
