import Faultline

extension Wake {
    /// Reads `PROCESS: LINE RESULT`, or nil.
    init?(text: Substring) {
        let fields = text.split(separator: " ", maxSplits: 2)
        guard fields.count == 3, fields[0].hasSuffix(":"), let line = Int(fields[1]),
            let result = RecordedResult(text: fields[2])
        else { return nil }
        self.init(process: String(fields[0].dropLast()), line: line, result: result)
    }
}

extension CallOutcome {
    /// Reads what statements about userfaultfds come to; nil for all others.
    init?(userfault words: [Substring]) {
        guard let first = words.first else { return nil }
        switch (first, words.count) {
        case ("skipped", 1): self = .skipped
        case ("waits", 2):
            guard words[1] == "event" else { return nil }
            self = .waits(.event)
        case ("waits", 4), ("waits", 5):
            guard let reason = UserfaultReason(rawValue: String(words[1])), words[2] == "at",
                let address = UInt64(words[3], radix: 16), words.count == 4 || words[4] == "write"
            else { return nil }
            self = .waits(.fault(reason, address: address, isWrite: words.count == 5))
        case ("-1", 4):
            guard let errno = Errno(name: words[1]), words[2] == "after", let done = words[3].hexadecimal else {
                return nil
            }
            self = .partial(errno, done)
        case ("ok", 2), ("ok", 3):
            let features = words[1].dropping(prefix: "features=")?.hexadecimal
            guard words.count == (features == nil ? 2 : 3),
                let calls = words.last?.dropping(prefix: "ioctls=")?.hexadecimal
            else { return nil }
            self = .userfault(features: features, ioctls: calls)
        default:
            guard let notice = UserfaultNotice(words: words) else { return nil }
            self = .notice(notice)
        }
    }
}

extension UserfaultNotice {
    /// As a recording writes it.
    var text: String {
        switch self {
        case .fork: "FORK"
        case .remap(let from, let to, let length): "REMAP \(from.hex) \(to.hex) \(length.hex)"
        case .remove(let start, let end): "REMOVE \(start.hex)-\(end.hex)"
        case .unmap(let start, let end): "UNMAP \(start.hex)-\(end.hex)"
        }
    }

    fileprivate init?(words: [Substring]) {
        switch (words[0], words.count) {
        case ("FORK", 1): self = .fork
        case ("REMAP", 4):
            guard let from = UInt64(words[1], radix: 16), let to = UInt64(words[2], radix: 16),
                let length = UInt64(words[3], radix: 16)
            else { return nil }
            self = .remap(from: from, to: to, length: length)
        case ("REMOVE", 2):
            guard let (start, end) = words[1].addressRange else { return nil }
            self = .remove(start, end)
        case ("UNMAP", 2):
            guard let (start, end) = words[1].addressRange else { return nil }
            self = .unmap(start, end)
        default: return nil
        }
    }
}

extension UserfaultSleep {
    /// As a recording writes it behind `waits`.
    var text: String {
        switch self {
        case .event: "event"
        case .fault(let reason, let address, let isWrite):
            "\(reason.rawValue) at \(address.hex)\(isWrite ? " write" : "")"
        }
    }
}

extension Substring {
    /// The number of `0x1f`.
    fileprivate var hexadecimal: UInt64? { dropping(prefix: "0x").flatMap { UInt64($0, radix: 16) } }
}
