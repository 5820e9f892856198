import Faultline
import FaultlineInspect
import FaultlineScenario
import Testing

@testable import FaultlineHost

/// A program that has run on both machines.
struct BothMachines {
    let live: LiveExecutor
    let simulated: SimulatorExecutor
    /// Start addresses of the VMAs that the first process starts with.
    let initial: Set<UInt64>

    init(_ source: String) throws {
        let program = try Parser.parse(source)
        live = try LiveExecutor()
        simulated = try SimulatorExecutor(settings: HostKernel.settings)
        initial = Set(try live.initialAddressSpace().map(\.start))
        try ScenarioSession(program, on: live).run()
        try ScenarioSession(program, on: simulated).run()
    }

    /// A file of each live process, from both machines: live first.
    func texts(_ file: String) throws -> [(live: String, simulated: String)] {
        try live.machine.live.map { agent in
            let index = try #require(simulated.index(ofProcess: agent.name))
            let text = String(decoding: try HostFile("/proc/\(agent.process)/\(file)").contents(), as: UTF8.self)
            let files = ProcFiles(simulated.machine, current: ProcessID(index)) { simulated.processName($0) }
            guard case .text(let made, _) = try files.read("/proc/self/\(file)") else { return (text, "") }
            return (named(text), made)
        }
    }

    /// The text with the program's names for its files, and without what the machine does not have: device and inode.
    private func named(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard
                let match = line.wholeMatch(of: /([0-9a-f]+-[0-9a-f]+ \S+ [0-9a-f]+) ([0-9a-f:]+) ([0-9]+)( *)(.*)/)
            else { return String(line) }
            let name = live.machine.files["\(match.2) \(match.3)"].map { $0 + " (deleted)" } ?? String(match.5)
            let front = "\(match.1) 00:00 0 "
            return name.isEmpty ? front : front + String(repeating: " ", count: 73 - front.count) + name
        }.joined(separator: "\n")
    }

    /// The blocks of a text that begin with an address, without those of the agent's own VMAs.
    func own(_ text: String) -> [String] {
        var blocks: [String] = []
        var isOwn = false
        for line in text.split(separator: "\n") {
            if let match = line.prefixMatch(of: /([0-9a-f]+)(-| default)/), let start = UInt64(match.1, radix: 16) {
                isOwn = !initial.contains(start)
            }
            if isOwn { blocks.append(String(line)) }
        }
        return blocks
    }
}
