import Testing

@testable import FaultlineScenario

@Suite struct ExpressionTests {
    private func value(_ text: String, _ names: [String: Int64] = [:]) throws -> Int64 {
        let assignments = names.keys.sorted().map { "\($0) = 0\n" }.joined()
        let program = try Parser.parse(assignments + "x = \(text)")
        guard case .assign(_, let expression) = program.statements.last?.action else { return -1 }
        return try expression.evaluate(names)
    }

    @Test(
        arguments: [
            ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("1 | 2 & 3 << 1", 1 | 2 & (3 << 1)),
            ("1 << 2 + 1", 8), ("7 & 3 == 3", -1), ("2 * 3 % 4", 2), ("-2 + 3", 1), ("~0", -1), ("-~4", 5), ("+5", 5),
            ("4K", 4096), ("3M", 3 << 20), ("2G", 2 << 30), ("0x10K", 16384), ("0xfF", 255),
            ("PAGE", 4096), ("HPAGE", 2 << 20), ("NULL", 0), ("W >> 44", 1),
            ("PROT_READ|PROT_WRITE", 3), ("MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED", 0x32), ("IPC_CREAT|384", 0o1600),
            ("7 / 2", 3), ("-7 / 2", -4), ("7 / -2", -4), ("-7 / -2", 3), ("-8 / 2", -4),
            ("7 % 3", 1), ("-7 % 3", 2), ("7 % -3", -2), ("-6 % 3", 0),
            ("0x7fffffffffffffff + 1", .min), ("0xffffffffffffffff", -1), ("0xffffffffffffffff + 1", 0),
            ("0x8000000000000000 / -1", .min), ("0x8000000000000000 % -1", 0), ("0x100000000 * 0x100000000", 0),
            ("1 << 63", .min), ("1 << 64", 0), ("1 << -1", 0), ("-1 >> 1", -1), ("-1 >> 64", -1), ("5 >> 64", 0),
        ] as [(String, Int64)])
    func values(text: String, expected: Int64) throws {
        if text.contains("==") {
            #expect(throws: ScenarioError.self) { try value(text) }
        } else {
            #expect(try value(text) == expected)
        }
    }

    @Test func namesTakeTheirValuesWhenTheStatementRuns() throws {
        #expect(try value("heap + 4K + 17", ["heap": 0x40_7000]) == 0x40_7000 + 4096 + 17)
    }

    @Test func aDivisorThatIsZeroAtRunTimeIsToldWithItsColumn() {
        #expect(throws: EvaluationError.divisionByZero(column: 7)) { try value("1 / a", ["a": 0]) }
    }

    @Test func everyConstantHasTheValueOfTheUserAPI() {
        let expected: [(String, UInt64)] = [
            ("MAP_FIXED_NOREPLACE", 0x100000), ("MAP_GROWSDOWN", 0x100), ("MAP_DROPPABLE", 8),
            ("MADV_GUARD_INSTALL", 102), ("MADV_COLLAPSE", 25), ("MREMAP_DONTUNMAP", 4), ("MLOCK_ONFAULT", 1),
            ("MS_SYNC", 4), ("MCL_ONFAULT", 4), ("FALLOC_FL_PUNCH_HOLE", 2), ("MFD_HUGETLB", 4),
            ("SHM_RDONLY", 0x1000), ("SHM_REMAP", 0x4000), ("RLIMIT_AS", 9), ("RLIMIT_MEMLOCK", 8), ("IPC_RMID", 0),
        ]
        for (name, value) in expected { #expect(ScenarioConstant.value(of: name) == value, "\(name)") }
    }
}
