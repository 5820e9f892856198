import Faultline
import FaultlineScenario

/// All that a report says of a program's run: its statements with their reasons, and how the machine's state changed with each.
public struct ReportDocument {
    /// The version of the data's form.
    static let version = 1

    /// One statement.
    struct Entry: Encodable {
        let line: Int
        let text: String
        let process: String
        /// Statements that are done after it.
        let place: Int
        /// As a transcript shows it.
        let result: String
        let why: [String]
        let failed: String?
        let minor: Int
        let major: Int
        /// Faults by kind.
        let faults: [String: Int]
        let isRefused: Bool

        init(_ step: ScenarioStep, place: Int, why: [String], faults: [FaultKind: Int]) {
            line = step.statement.line
            text = step.statement.source
            process = step.processName ?? ""
            self.place = place
            self.why = why
            failed =
                step.expectationFailure
                ?? step.lateFailures.first.map { "line \($0.statement.line): \($0.expectationFailure ?? "")" }
            minor = step.result?.faults?.minor ?? 0
            major = step.result?.faults?.major ?? 0
            self.faults = Dictionary(uniqueKeysWithValues: faults.map { ($0.key.rawValue, $0.value) })
            isRefused = step.refusal != nil
            let whole =
                switch step.content {
                case nil, .killed, .wakes: "= \(step.value)"
                case .observation: "observed"
                case .result(let outcome): outcome.text
                }
            // mincore tells a digit a page.
            result = whole.utf8.count <= 300 ? whole : whole.prefix(300) + " …"
        }
    }

    /// What the program is called.
    public let title: String
    /// The release of the kernel that is modelled.
    public let kernel: String
    let source: [String]
    var statements: [Entry] = []
    /// How many statements ran, those among them that are not in ``statements``.
    public internal(set) var statementCount = 0
    /// How many expectations did not hold.
    public internal(set) var failedExpectations = 0
    var changes: [ReportChange] = []
    /// The program's names of all processes, in the order in which they were made.
    var processNames: [String] = []
    var axis = PackedAxis([])
    /// What the program met that is not modelled.
    public internal(set) var unmodelled: [UnmodelledUse] = []
    /// Why the program did not run to its end; nil where it did.
    public internal(set) var failure: RunReport.Failure?

    init(title: String, kernel: String, source: [String]) {
        self.title = title
        self.kernel = kernel
        // A page shows the text of a program that someone can read.
        self.source = source.count > 3000 ? [] : source
    }
}
