import CHost
import Faultline
import FaultlineInspect
import FaultlineScenario
import Glibc

extension LiveCallTable {
    /// Memory policies, whose masks of nodes lie in memory; and questions to files of /proc.
    static let policies: [(String, Action)] = [
        (
            "mbind",
            { call in
                try call.agent.write(words([call[3]]), at: FL_AGENT_BSS)
                call.machine.showsPolicies = true
                return try call.machine.call(
                    .mbind, [call[0], call[1], call[2], FL_AGENT_BSS, maskBits, call[4]], in: call.agent)
            }
        ),
        (
            "set_mempolicy",
            { call in
                try call.agent.write(words([call[1]]), at: FL_AGENT_BSS)
                call.machine.showsPolicies = true
                return try call.machine.call(.setMempolicy, [call[0], FL_AGENT_BSS, maskBits], in: call.agent)
            }
        ),
        ("get_mempolicy", { try $0.askPolicy() }),
        (
            "migrate_pages",
            { call in
                try call.agent.write(words([call[0], call[1]]), at: FL_AGENT_BSS)
                let process = UInt64(try call.target.process)
                return try call.machine.call(
                    .migratePages, [process, maskBits, FL_AGENT_BSS, FL_AGENT_BSS + 8], in: call.agent)
            }
        ),
        ("pagemap_scan", { try $0.scanPagemap() }), ("procmap_query", { try $0.queryMap() }),
        ("clear_refs", { try $0.clearRefs() }),
    ]

    /// `maxnode`: the kernel looks at one bit less.
    fileprivate static let maskBits: UInt64 = 64
}

extension LiveCall {
    /// get_mempolicy(2), through a word for the policy and one for the nodes.
    fileprivate func askPolicy() throws -> StatementResult {
        try agent.write(LiveCallTable.words([0, 0]), at: FL_AGENT_BSS)
        let result = try machine.call(
            .getMempolicy, [FL_AGENT_BSS, FL_AGENT_BSS + 8, LiveCallTable.maskBits, self[0], self[1]], in: agent)
        return try toldPolicy(result)
    }

    /// What get_mempolicy(2) has written.
    func toldPolicy(_ result: StatementResult) throws -> StatementResult {
        guard case .value = result.outcome else { return result }
        let words = try agentWords(at: FL_AGENT_BSS, count: 2)
        var told = StatementResult.policy(Int32(truncatingIfNeeded: words[0]), nodes: words[1])
        (told.minflt, told.majflt) = (result.minflt, result.majflt)
        return told
    }

    /// PAGEMAP_SCAN, whose arguments and regions lie in the agent's first page.
    fileprivate func scanPagemap() throws -> StatementResult {
        let regions = FL_AGENT_BSS + 512
        let arguments = [
            96, self[2], self[0], self[0] &+ self[1], 0, regions, 64, 0, self[3], self[4], self[5], self[6],
        ]
        return try ask("/proc/self/pagemap", Self.pagemapScan, arguments) { count, answer in
            let words = try agentWords(at: regions, count: Int(count) * 3)
            let found = (0..<Int(count)).map {
                PagemapRegion(start: words[$0 * 3], end: words[$0 * 3 + 1], categories: words[$0 * 3 + 2])
            }
            return StatementResult(.told(PagemapScan.text(found, end: answer[4])), value: Int64(count))
        }
    }

    /// PROCMAP_QUERY, with the name behind its arguments.
    fileprivate func queryMap() throws -> StatementResult {
        let name = FL_AGENT_BSS + 512
        let arguments = [104, self[1], self[0], 0, 0, 0, 0, 0, 0, 0, 2048, name, 0]
        return try ask("/proc/\(try target.process)/maps", Self.mapQuery, arguments) { _, answer in
            let length = Int(truncatingIfNeeded: answer[10] & 0xffff_ffff)
            let bytes = try agent.read(at: name, count: max(length - 1, 0))
            return StatementResult(
                .told(ProcMapAnswer.text(machine.view(answer, String(decoding: bytes, as: UTF8.self)))))
        }
    }

    /// An ioctl of a file of /proc that the agent opens for it; `body` gets its result and its arguments as they are then.
    private func ask(
        _ path: String, _ number: UInt64, _ arguments: [UInt64], _ body: (UInt64, [UInt64]) throws -> StatementResult
    ) throws -> StatementResult {
        let file = try open(path, O_RDONLY)
        guard file >= 0 else { return try StatementResult(raw: file) }
        try agent.write(LiveCallTable.words(arguments), at: FL_AGENT_BSS)
        let result = try agent.call(.ioctl, UInt64(file), number, FL_AGENT_BSS)
        _ = try agent.call(.close, UInt64(file))
        guard result >= 0 else { return try StatementResult(raw: result) }
        return try body(UInt64(result), agentWords(at: FL_AGENT_BSS, count: arguments.count))
    }

    /// A number into /proc/PID/clear_refs.
    fileprivate func clearRefs() throws -> StatementResult {
        let file = try open("/proc/\(try target.process)/clear_refs", O_WRONLY)
        guard file >= 0 else { return try StatementResult(raw: file) }
        let text = Array("\(Int64(bitPattern: self[0]))".utf8)
        try agent.write(text, at: FL_AGENT_BSS)
        let result = try agent.call(.write, UInt64(file), FL_AGENT_BSS, UInt64(text.count))
        _ = try agent.call(.close, UInt64(file))
        return try StatementResult(raw: min(result, 0))
    }

    private func open(_ path: String, _ mode: Int32) throws -> Int64 {
        try agent.write(Array(path.utf8) + [0], at: FL_AGENT_BSS)
        return try agent.call(.open, FL_AGENT_BSS, UInt64(mode | O_CLOEXEC), 0)
    }

    private func agentWords(at address: UInt64, count: Int) throws -> [UInt64] {
        let bytes = try agent.read(at: address, count: count * 8)
        return (0..<count).map { word in
            (0..<8).reduce(0) { $0 | UInt64(bytes[word * 8 + $1]) << UInt64(8 * $1) }
        }
    }

    /// `_IOWR('f', 16, struct pm_scan_arg)` and `_IOWR('f', 17, struct procmap_query)`.
    private static var pagemapScan: UInt64 { 0xc060_6610 }
    private static var mapQuery: UInt64 { 0xc068_6611 }
}

extension LiveMachine {
    /// What `struct procmap_query` says of a VMA.
    fileprivate func view(_ answer: [UInt64], _ path: String) -> VMAView {
        let permissions = zip([1, 2, 4] as [UInt64], "rwx").map { answer[5] & $0 != 0 ? String($1) : "-" }.joined()
        let (major, minor) = (answer[9] & 0xffff_ffff, answer[9] >> 32)
        let device = [major, minor].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
        let deleted = " (deleted)"
        let plain = path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path
        // The agent's image is a memory file.
        let shown = plain == "/memfd:agent" ? "/agent" : plain
        return VMAView(
            start: answer[3], end: answer[4], permissions: permissions + (answer[5] & 8 != 0 ? "s" : "p"),
            offset: answer[7], name: files["\(device) \(answer[8])"] ?? shown, flags: "")
    }
}

extension SystemCallNumber {
    static let write = SystemCallNumber(rawValue: 1)
    fileprivate static let ioctl = SystemCallNumber(rawValue: 16)
    fileprivate static let mbind = SystemCallNumber(rawValue: 237)
    fileprivate static let setMempolicy = SystemCallNumber(rawValue: 238)
    fileprivate static let getMempolicy = SystemCallNumber(rawValue: 239)
    fileprivate static let migratePages = SystemCallNumber(rawValue: 256)
}
