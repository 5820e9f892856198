import Faultline

/// Where a text is not a recording, and why.
public struct RecordingSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line of the recording, from 1.
    public var line: Int
    /// The line's text.
    public var text: String
    /// What was expected there.
    public var expected: String

    /// Such as `line 3 of the recording: expected PERMS OFFSET NAME, not "initial 4"`.
    public var description: String { "line \(line) of the recording: expected \(expected), not \"\(text)\"" }
}

extension Recording {
    /// Reads a recording; `text` of the result has the same bytes.
    ///
    /// A value that is written like `mincore`'s residency bits (`0`, `1`, `10` ...) is read as a value.
    public static func parse(_ text: String) throws(RecordingSyntaxError) -> Recording {
        var parser = RecordingParser(text)
        return try parser.recording()
    }
}

/// Reads a recording line by line.
struct RecordingParser {
    private let lines: [Substring]
    private var index = 0

    init(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    var current: Substring? { index < lines.count ? lines[index] : nil }

    mutating func advance() { index += 1 }

    func expected(_ what: String) -> RecordingSyntaxError {
        RecordingSyntaxError(line: index + 1, text: String(current ?? "the end of the text"), expected: what)
    }

    /// The value, or the error that `what` was expected in the present line.
    func need<Value>(_ value: Value?, _ what: String) throws(RecordingSyntaxError) -> Value {
        guard let value else { throw expected(what) }
        return value
    }

    mutating func recording() throws(RecordingSyntaxError) -> Recording {
        let version = try need(current?.dropping(prefix: "kernel "), "'kernel VERSION'")
        advance()
        var recording = Recording(kernelVersion: String(version), initial: [], end: RecordedState(processes: []))
        if let features = current?.dropping(prefix: "cpu ") {
            recording.cpu = try cpu(features)
            advance()
        }
        while let text = current?.dropping(prefix: "initial ") {
            recording.initial.append(try initialVMA(text))
            advance()
        }
        while let line = current, line != "end" { recording.entries.append(try entry(line)) }
        _ = try need(current, "'end'")
        advance()
        recording.end = try state()
        if current != nil { throw expected("nothing after the last state") }
        return recording
    }

    private func cpu(_ features: Substring) throws(RecordingSyntaxError) -> CPUSettings {
        do { return try CPUSettings(features: features.split(separator: " ").map(String.init)) } catch {
            throw expected("'cpu FEATURE ...' (\(error.rule))")
        }
    }

    private func initialVMA(_ text: Substring) throws(RecordingSyntaxError) -> InitialVMA {
        let fields = text.split(separator: " ", maxSplits: 3)
        guard
            fields.count == 4, let (start, end) = fields[0].addressRange, let offset = UInt64(fields[2], radix: 16)
        else { throw expected("'initial START-END PERMS OFFSET NAME'") }
        return InitialVMA(
            start: start, end: end, permissions: String(fields[1]), offset: offset, name: String(fields[3]))
    }

    private mutating func entry(_ line: Substring) throws(RecordingSyntaxError) -> Recording.Entry {
        let what = "'LINE RESULT' or 'end'"
        let fields = line.split(separator: " ", maxSplits: 1)
        let number = try need(fields.first.flatMap { Int($0) }, what)
        guard fields.count == 2 else { throw expected(what) }
        if fields[1] == "observe" {
            advance()
            return Recording.Entry(line: number, content: .observation(try state()))
        }
        if let process = fields[1].dropping(prefix: "killed ") {
            advance()
            return Recording.Entry(line: number, content: .killed(String(process)))
        }
        if let woken = fields[1].dropping(prefix: "wakes ") {
            let wake = try need(Wake(text: woken), "'LINE wakes PROCESS: LINE RESULT'")
            advance()
            return Recording.Entry(line: number, content: .wakes(wake))
        }
        let result = try need(RecordedResult(text: fields[1]), "a RESULT after the line's number")
        advance()
        return Recording.Entry(line: number, content: .result(result))
    }
}

extension RecordedResult {
    /// Reads what `text` writes, or nil.
    init?(text: Substring) {
        var words = text.split(separator: " ")[...]
        var faults: FaultCount?
        if let major = words.last?.dropping(prefix: "majflt=").flatMap({ Int($0) }),
            let minor = words.dropLast().last?.dropping(prefix: "minflt=").flatMap({ Int($0) })
        {
            faults = FaultCount(minor: minor, major: major)
            words = words.dropLast(2)
        }
        let pages = words.last?.dropping(prefix: "pages=").flatMap { Int($0) }
        if pages != nil { words = words.dropLast() }
        guard let outcome = CallOutcome(words: Array(words)) else { return nil }
        self.init(outcome: outcome, pages: pages, faults: faults)
    }
}

extension CallOutcome {
    fileprivate init?(words: [Substring]) {
        if let left = words.first, left.hasSuffix(":"), let left = UInt64(left.dropLast()) {
            let statuses = words.dropFirst().compactMap { Int32($0) }
            guard statuses.count == words.count - 1 else { return nil }
            self = .statuses(left, statuses)
            return
        }
        if let outcome = CallOutcome(userfault: words) {
            self = outcome
            return
        }
        if let first = words.first,
            first.hasPrefix("policy=") || first.hasPrefix("total=") || words.dropFirst().first == "to"
        {
            self = .told(words.joined(separator: " "))
            return
        }
        switch words.count {
        case 1: self.init(word: words[0])
        case 3:
            guard let counts = ReclaimCounts(words: words) else { return nil }
            self = .reclaimed(counts)
        case 2:
            guard words[0] == "-1", let errno = Errno(name: words[1]) else { return nil }
            self = .error(errno)
        case 4:
            guard
                let signal = Signal(name: words[0]), let code = SignalCode(rawValue: String(words[1])),
                words[2] == "at", let address = UInt64(words[3], radix: 16)
            else { return nil }
            self = .signal(signal, code, address: address)
        default: return nil
        }
    }

    private init?(word: Substring) {
        if word == "ok" {
            self = .ok
        } else if word == "exited" {
            self = .exited
        } else if word == "killed" {
            self = .signal(.SIGKILL, .SI_KERNEL, address: 0)
        } else if let digits = word.dropping(prefix: "0x"), let value = UInt64(digits, radix: 16) {
            self = .value(value)
        } else if let value = UInt64(word), value <= CallOutcome.largestDecimal, "\(value)" == word {
            self = .value(value)
        } else if word.allSatisfy({ $0 == "0" || $0 == "1" }) {
            self = .residency(word.map { $0 == "1" })
        } else {
            return nil
        }
    }
}

extension ReclaimCounts {
    /// Reads `N anon=R/S file=R/S`.
    fileprivate init?(words: [Substring]) {
        self.init()
        guard let anon = words[1].dropping(prefix: "anon=")?.fraction,
            let file = words[2].dropping(prefix: "file=")?.fraction
        else { return nil }
        (anonReclaimed, anonScanned) = anon
        (fileReclaimed, fileScanned) = file
        if words[0] != "\(reclaimed)" { return nil }
    }
}

extension Substring {
    /// `R/S`.
    fileprivate var fraction: (UInt64, UInt64)? {
        let parts = split(separator: "/")
        guard parts.count == 2, let part = UInt64(parts[0]), let whole = UInt64(parts[1]) else { return nil }
        return (part, whole)
    }

    /// What follows the prefix, or nil where it does not begin so.
    func dropping(prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }

    /// `START-END` in hexadecimal.
    var addressRange: (start: UInt64, end: UInt64)? {
        let parts = split(separator: "-")
        guard parts.count == 2, let start = UInt64(parts[0], radix: 16), let end = UInt64(parts[1], radix: 16) else {
            return nil
        }
        return (start, end)
    }
}
