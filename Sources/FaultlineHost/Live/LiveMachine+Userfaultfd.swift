import CHost
import Faultline
import FaultlineScenario
import Glibc

/// A call of ioctl(2) on a userfaultfd (`uapi/linux/userfaultfd.h`), whose structure lies in the agent's buffer.
struct UserfaultRequest {
    /// What the structure's success looks like.
    private enum Answer {
        case handshake
        case registration
        case done
        /// The bytes done stand in this word.
        case bytes(Int)
    }

    /// The number of the request.
    let number: UInt64
    /// Words of the structure.
    private let words: Int
    private let answer: Answer

    private static let table: [String: UserfaultRequest] = [
        "uffd_api": UserfaultRequest(number: 0xc018_aa3f, words: 3, answer: .handshake),
        "uffd_register": UserfaultRequest(number: 0xc020_aa00, words: 4, answer: .registration),
        "uffd_unregister": UserfaultRequest(number: 0x8010_aa01, words: 2, answer: .done),
        "uffd_wake": UserfaultRequest(number: 0x8010_aa02, words: 2, answer: .done),
        "uffd_copy": UserfaultRequest(number: 0xc028_aa03, words: 5, answer: .bytes(4)),
        "uffd_zeropage": UserfaultRequest(number: 0xc020_aa04, words: 4, answer: .bytes(3)),
        "uffd_move": UserfaultRequest(number: 0xc028_aa05, words: 5, answer: .bytes(4)),
        "uffd_wp": UserfaultRequest(number: 0xc018_aa06, words: 3, answer: .done),
        "uffd_continue": UserfaultRequest(number: 0xc020_aa07, words: 4, answer: .bytes(3)),
        "uffd_poison": UserfaultRequest(number: 0xc020_aa08, words: 4, answer: .bytes(3)),
    ]

    private init(number: UInt64, words: Int, answer: Answer) {
        (self.number, self.words, self.answer) = (number, words, answer)
    }

    /// The request of a call; nil for all others.
    init?(_ name: CallName) {
        guard let request = Self.table[name.rawValue] else { return nil }
        self = request
    }

    /// The structure with a call's arguments; UFFDIO_API asks for thread numbers besides.
    func structure(_ arguments: ArraySlice<UInt64>) -> [UInt8] {
        var fields: [UInt64]
        if case .handshake = answer {
            fields = [0xaa, arguments[arguments.startIndex] | 1 << 8, 0]
        } else {
            fields = Array(arguments.prefix(words))
            if case .bytes(let index) = answer { fields = Array(fields.prefix(index)) }
            if case .registration = answer { fields = Array(fields.prefix(3)) }
            fields += Array(repeating: 0, count: words - fields.count)
        }
        // SAFETY: copies the bytes of a local array.
        return fields.withUnsafeBytes { Array($0) }
    }

    /// What the call came to.
    func result(_ raw: Int64, in agent: Agent) throws(LiveError) -> StatementResult {
        let bytes = try agent.read(at: FL_AGENT_BSS, count: words * 8)
        // SAFETY: as many bytes as the words have.
        let fields = bytes.withUnsafeBytes { buffer in
            (0..<words).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
        if raw < 0 {
            let failed = try StatementResult(raw: raw)
            guard case .bytes(let index) = answer, Int64(bitPattern: fields[index]) > 0,
                case .error(let errno) = failed.outcome
            else { return failed }
            return StatementResult(.partial(errno, fields[index]))
        }
        switch answer {
        case .handshake: return StatementResult(.userfault(features: fields[1], ioctls: fields[2]))
        case .registration: return StatementResult(.userfault(features: nil, ioctls: fields[3]))
        case .done: return StatementResult(.ok)
        case .bytes(let index): return StatementResult(.value(fields[index]))
        }
    }
}

extension LiveMachine {
    /// userfaultfd(2); from now on the program's statements may sleep.
    func userfaultfd(_ flags: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        watches = true
        fl_agent_watch(true)
        return try StatementResult(raw: agent.call(SystemCallNumber(rawValue: 323), flags)).shownAsOK()
    }

    /// ioctl(2) on a userfaultfd.
    func askUserfault(_ call: EvaluatedCall, in agent: Agent) throws(LiveError) -> StatementResult {
        guard let request = UserfaultRequest(call.name) else { throw .unsupported(call.name.rawValue) }
        try agent.write(request.structure(call.arguments[1...]), at: FL_AGENT_BSS)
        let before = try agent.faults()
        let raw = try agent.call(SystemCallNumber(rawValue: 16), call.arguments[0], request.number, FL_AGENT_BSS)
        let faults = try agent.faults() - before
        var result = try request.result(raw, in: agent)
        if call.name.showsFaults { (result.minflt, result.majflt) = (faults.minor, faults.major) }
        return result
    }

    /// Reads an event of a userfaultfd (`struct uffd_msg`).
    func readUserfault(_ fd: UInt64, in agent: Agent) throws(LiveError) -> StatementResult {
        // A read that may wait would wait for ever: nobody else runs meanwhile.
        let flags = try agent.call(SystemCallNumber(rawValue: 72), fd, UInt64(F_GETFL))
        guard flags >= 0, flags & Int64(O_NONBLOCK) != 0 else {
            throw .unsupported("uffd_read(\(fd)): this is no userfaultfd that is open with O_NONBLOCK")
        }
        let raw = try agent.call(SystemCallNumber(rawValue: 0), fd, FL_AGENT_BSS, 32)
        if raw < 0 { return try StatementResult(raw: raw) }
        let bytes = try agent.read(at: FL_AGENT_BSS, count: 32)
        // SAFETY: 32 bytes are four words.
        let words = bytes.withUnsafeBytes { buffer in
            (0..<4).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
        switch bytes[0] {
        case 0x13: return StatementResult(.notice(.fork), value: Int64(UInt32(truncatingIfNeeded: words[1])))
        case 0x14: return StatementResult(.notice(.remap(from: words[1], to: words[2], length: words[3])))
        case 0x15: return StatementResult(.notice(.remove(words[1], words[2])))
        case 0x16: return StatementResult(.notice(.unmap(words[1], words[2])))
        default: throw .unsupported("a message of a userfaultfd of the unknown kind \(bytes[0])")
        }
    }
}
