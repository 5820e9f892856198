import Faultline

extension Recording {
    /// The recording's bytes, which end in a newline.
    public var text: String {
        var writer = RecordingWriter(kernelVersion: kernelVersion, cpu: cpu, initial: initial)
        for entry in entries { writer.add(entry.content, line: entry.line) }
        return writer.finish(end)
    }
}

extension InitialVMA {
    /// `START-END PERMS OFFSET NAME`.
    var text: String { "\(start.hex)-\(end.hex) \(permissions) \(offset.hex) \(name)" }
}

extension RecordedResult {
    /// A recording's RESULT, such as `ok minflt=1 majflt=0`.
    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    func write(to text: inout String) {
        if isKilled {
            text += "killed"
            return
        }
        text += outcome.text
        if let pages {
            text += " pages="
            text += String(pages)
        }
        if let faults {
            text += " minflt="
            text += String(faults.minor)
            text += " majflt="
            text += String(faults.major)
        }
    }
}

extension CallOutcome {
    /// The greatest value that is written in decimal.
    static let largestDecimal: UInt64 = 4096

    /// As a recording writes it, such as `-1 ENOMEM` or `SIGSEGV SEGV_MAPERR at 100000004000`.
    public var text: String {
        switch self {
        case .ok: "ok"
        case .value(let value): value <= CallOutcome.largestDecimal ? "\(value)" : "0x\(value.hex)"
        case .error(let errno): "-1 \(errno.name)"
        case .signal(let signal, let code, let address): "\(signal.name) \(code.rawValue) at \(address.hex)"
        case .residency(let pages): pages.isEmpty ? "ok" : String(pages.map { $0 ? "1" : "0" })
        case .statuses(let left, let pages): "\(left):" + pages.map { " \($0)" }.joined()
        case .told(let text): text
        case .exited: "exited"
        case .reclaimed(let counts):
            "\(counts.reclaimed) anon=\(counts.anonReclaimed)/\(counts.anonScanned) "
                + "file=\(counts.fileReclaimed)/\(counts.fileScanned)"
        case .waits(let sleep): "waits \(sleep.text)"
        case .skipped: "skipped"
        case .partial(let errno, let done): "-1 \(errno.name) after 0x\(done.hex)"
        case .userfault(let features, let calls):
            "ok" + (features.map { " features=0x\($0.hex)" } ?? "") + " ioctls=0x\(calls.hex)"
        case .notice(let notice): notice.text
        }
    }
}

extension RecordedState {
    /// The lines of the state, each ending in a newline.
    public var text: String {
        processes.map(\.text).joined()
    }
}

extension RecordedProcess {
    /// The process's lines, each ending in a newline.
    var text: String {
        var lines = "  process \(name) pgtables=\(pgtablesKiB)K locked=\(lockedKiB)K"
        if pinnedKiB != 0 { lines += " pinned=\(pinnedKiB)K" }
        if let sharer = sharedWith { lines += " shares=\(sharer)" }
        lines += "\n"
        for vma in vmas { vma.write(to: &lines) }
        return lines
    }
}

extension RecordedVMA {
    fileprivate func write(to lines: inout String) {
        lines += "    vma \(start.hex)-\(end.hex) \(permissions) \(offset.hex) \(name) | \(vmFlags)"
        if let policy { lines += " policy=\(policy)" }
        lines += "\n"
        let shown = figures.nonzero
        if !shown.isEmpty {
            lines += "      " + shown.map { "\($0.figure.name)=\($0.value)" }.joined(separator: " ") + "\n"
        }
        for run in runs {
            lines += "      "
            run.write(to: &lines)
            lines += "\n"
        }
    }
}

extension PageRun {
    /// Such as `100000004000 x3 f0 excl mapcount=1 anon swapbacked`.
    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    fileprivate func write(to text: inout String) {
        text += address.hex
        text += " x"
        text += String(count)
        switch frame {
        case .zero: return text += isWriteProtected ? " zero uffd-wp" : " zero"
        case .swap: return text += isWriteProtected ? " swap uffd-wp" : " swap"
        case .slot(let slot): return text += " swap s\(slot)" + (isWriteProtected ? " uffd-wp" : "")
        case .guardMarker: return text += " guard"
        case .marker: return text += " marker uffd-wp"
        case .poison: return text += " poison"
        case .number(let number):
            text += " f"
            text += String(number)
        }
        if isFile { text += " file" }
        if isExclusive { text += " excl" }
        if isWriteProtected { text += " uffd-wp" }
        text += " mapcount="
        text += String(mapCount)
        for (flag, name) in PageFlags.named where flags.contains(flag) {
            text += " "
            text += name
        }
    }
}

extension UInt64 {
    /// Lower-case hexadecimal digits without a prefix.
    var hex: String { String(self, radix: 16) }
}
