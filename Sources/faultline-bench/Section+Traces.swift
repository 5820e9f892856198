import CBench
import Faultline
import Foundation

extension Section {
    /// Address traces through one TLB, read from a file.
    static let traces = Section(
        name: "traces", heading: "faultline trace: an access of a trace in a file, reading included"
    ) {
        effort throws(BenchError) in
        guard let command = effort.command else { return [missingCommand] }
        do { return try TraceBench(effort, command).figures() } catch {
            throw .cannotRun(section: "traces", reason: "\(error)")
        }
    }
}

private struct TraceBench {
    private let effort: Effort
    private let command: String
    private let files: BenchFiles
    private let count: Int

    init(_ effort: Effort, _ command: String) throws {
        self.effort = effort
        self.command = command
        files = try BenchFiles()
        count = effort.translations * 2
    }

    func figures() throws -> [Figure] {
        // A sort of 64 pages hits always; of every 20 touches one goes to a page of 65,536.
        let near = try file("near") { $0.next() % (64 << 12) }
        let far = try file("far") { random in
            random.next() % 20 == 0 ? random.next() % (65536 << 12) : random.next() % (64 << 12)
        }
        let bare = effort.figure("", repetitions: 5, ours: { ChildRun.of(command, ["trace", "--help"])?.user ?? -1 })
        var figures: [Figure] = []
        for (name, text) in [("always hits", near), ("hits in 95 of 100", far)] {
            let packed = files.path(URL(fileURLWithPath: text).lastPathComponent + ".fltrace")
            guard ChildRun.of(command, ["trace", "--pack", packed, text]) != nil else {
                throw BenchError.failedProgram(command, "trace --pack did not succeed")
            }
            for (form, file, goal) in [("text of lackey", text, 14.0), ("packed", packed, 6.0)] {
                figures.append(
                    effort.figure(
                        "\(form), a program that \(name)", goal: .atMost(goal), repetitions: 5,
                        ours: {
                            guard let run = ChildRun.of(command, ["trace", file]) else { return -1 }
                            return max(run.user - (bare.ours?.least ?? 0), 0) / Double(count)
                        }))
            }
        }
        return figures
    }

    /// A trace in the text that valgrind's lackey writes: three loads to a store.
    private func file(_ name: String, _ offset: (inout SplitMix64) -> UInt64) throws -> String {
        var random = SplitMix64(seed: 1)
        var text = Data(capacity: count * 16)
        for index in 0..<count {
            let address = 0x4000_0000 + offset(&random) & ~7
            text.append(contentsOf: (index % 4 == 3 ? " S " : " L ").utf8)
            text.append(contentsOf: String(address, radix: 16).utf8)
            text.append(contentsOf: ",8\n".utf8)
        }
        return try files.add(name + ".lackey", text)
    }
}
