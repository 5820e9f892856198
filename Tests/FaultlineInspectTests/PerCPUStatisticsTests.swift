import Faultline
import Foundation
import Testing

@testable import FaultlineInspect

/// `/sys/kernel/debug/percpu_stats`.
struct PerCPUStatisticsTests {
    private static let path = "/sys/kernel/debug/percpu_stats"

    private func text(_ machine: Machine) throws -> String {
        guard case .text(let text, let leftOut) = try ProcFiles(machine, processName: { "\($0)" }).read(Self.path)
        else {
            return ""
        }
        #expect(leftOut.isEmpty)
        return text
    }

    @Test("the figures follow areas, and the lines are the kernel's")
    func lines() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        #expect(throws: ProcFileError.self) { try text(machine) }
        let pointers = try [16, 100, 4, 30000].map { try machine.allocatePerCPU(process, $0, align: 8) }
        try machine.freePerCPU(process, pointers[1])
        let lines = try text(machine).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines[0...4] == [
                "Percpu Memory Statistics", "Allocation Info:", "----------------------------------------",
                "  unit_size           :      1048576", "  static_size         :       186136",
            ])
        #expect(lines.contains("  nr_cur_alloc        :            3"))
        #expect(lines.contains("  nr_dealloc          :            1"))
        let first = try #require(lines.firstIndex(of: "Chunk: <- First Chunk"))
        #expect(lines[first + 1] == "  nr_alloc            :            3")
        #expect(lines[first + 7] == "  sum_frag            :          108")
        #expect(lines[first + 9] == "  cur_min_alloc       :            4")
        #expect(lines[first + 10] == "  cur_med_alloc       :           16")
        #expect(lines[first + 11] == "  cur_max_alloc       :        30000")
    }

    @Test(
        "the live kernel's file has the same lines, but for figures",
        .enabled(if: FileManager.default.isReadableFile(atPath: path), "it takes root, debugfs and CONFIG_PERCPU_STATS")
    )
    func equalsLiveKernel() throws {
        let machine = try Machine(ramBytes: 256 << 20)
        let process = try machine.start()
        _ = try machine.allocatePerCPU(process, 8, align: 8)
        func frame(_ text: String) -> [String] {
            text.split(separator: "\n", omittingEmptySubsequences: false).prefix(24).map { line in
                line.contains(" :") ? String(line.prefix(24)) + "\(line.count)" : String(line)
            }
        }
        let live = try String(contentsOfFile: Self.path, encoding: .utf8)
        #expect(frame(try text(machine)) == frame(live))
    }
}
