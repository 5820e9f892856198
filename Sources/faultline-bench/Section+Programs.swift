import Faultline
import Foundation

extension Section {
    /// The command and its language: start-up, records of long programs, checks.
    static let programs = Section(
        name: "programs", heading: "The command faultline: start-up, long programs, self-checks, random programs"
    ) {
        effort throws(BenchError) in
        guard let command = effort.command else { return [missingCommand] }
        do { return try ProgramBench(effort, command).figures() } catch {
            throw .cannotRun(section: "programs", reason: "\(error)")
        }
    }

    /// Stands in a report where the command was to be measured.
    static let missingCommand = Figure(
        name: "the command faultline", limitName: "none beside this program; build it, and give --command")
}

/// Programs in files of their own, which are removed in the end.
private struct ProgramBench {
    private let effort: Effort
    private let command: String
    private let files: BenchFiles

    init(_ effort: Effort, _ command: String) throws {
        self.effort = effort
        self.command = command
        files = try BenchFiles()
    }

    func figures() throws -> [Figure] {
        try [startUp()] + records() + [selfChecks(), checks()]
    }

    /// A program without a statement, beside a program that does nothing.
    private func startUp() throws -> Figure {
        let empty = try files.add("empty.fl", "# nothing\n")
        return effort.figure(
            "run of an empty program, from start to end", unit: "ms", goal: .atMost(6), limitName: "/bin/true",
            repetitions: effort.repetitions * 4,
            ours: { wall(["run", empty]) / 1e6 },
            limit: { (ChildRun.of("/bin/true")?.wall ?? -1e6) / 1e6 })
    }

    private func records() throws -> [Figure] {
        let count = effort.isFull ? 100_000 : 20_000
        let many = try files.add("many.fl", Self.longProgram(count))
        var figures = [
            effort.figure(
                "record of a long program, a statement", unit: "us", goal: .atMost(5.7), repetitions: 3,
                ours: { user(["record", many]) / 1e3 / Double(count) })
        ]
        guard effort.isFull else { return figures }
        let million = try files.add("million.fl", Self.longProgram(1_000_000))
        figures.append(
            effort.figure(
                "record of 10^6 statements, the most memory", unit: "MB", goal: .atMost(250), repetitions: 1,
                ours: { (ChildRun.of(command, ["record", million])?.resident ?? -1e6) / 1e6 }))
        return figures
    }

    private func selfChecks() throws -> Figure {
        let stores = try files.add("stores.fl", Self.longProgram(10_000))
        return effort.figure(
            "run --check-invariants of 10,000 statements", unit: "s", goal: .atMost(2), repetitions: 3,
            ours: { user(["run", "--check-invariants", stores]) / 1e9 })
    }

    /// Programs of the generator, each three times on the live kernel and once in the simulator. No other work can stand beside it: the
    /// most of it is the live kernel's.
    private func checks() -> Figure {
        let count = effort.isFull ? 100 : 20
        return effort.figure(
            "check --random of the profile mix, a program", unit: "ms", goal: .atMost(8.2), repetitions: 3,
            ours: { wall(["check", "--random", "\(count)", "--profile", "mix"]) / 1e6 / Double(count) })
    }

    private func wall(_ arguments: [String]) -> Double { ChildRun.of(command, arguments)?.wall ?? -1e12 }

    private func user(_ arguments: [String]) -> Double { ChildRun.of(command, arguments)?.user ?? -1e12 }

    /// Maps memory, reads, writes and gives back pages of it: `count` statements.
    private static func longProgram(_ count: Int) -> String {
        var random = SplitMix64(seed: 1)
        var lines = ["p = mmap(NULL, 64M, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"]
        while lines.count < count {
            let page = random.next() % 16384
            switch random.next() % 8 {
            case 0: lines.append("load(p + \(page) * PAGE)")
            case 1: lines.append("madvise(p + \(page) * PAGE, PAGE, MADV_DONTNEED)")
            default: lines.append("store(p + \(page) * PAGE, \(page & 127))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A folder of files for a measurement, which goes with it.
final class BenchFiles {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// - Returns: the path of a new file.
    func add(_ name: String, _ text: String) throws -> String { try add(name, Data(text.utf8)) }

    func add(_ name: String, _ bytes: Data) throws -> String {
        let file = folder.appendingPathComponent(name)
        try bytes.write(to: file)
        return file.path
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
