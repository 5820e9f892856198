import Faultline

extension RecordingParser {
    /// The processes that follow, with their VMAs.
    mutating func state() throws(RecordingSyntaxError) -> RecordedState {
        var state = RecordedState(processes: [])
        while let text = current?.dropping(prefix: "  process ") {
            state.processes.append(try process(text))
        }
        return state
    }

    private mutating func process(_ text: Substring) throws(RecordingSyntaxError) -> RecordedProcess {
        var words = text.split(separator: " ")
        let sharer = words.last?.dropping(prefix: "shares=")
        if sharer != nil { words.removeLast() }
        let pinned: UInt64? = words.count == 4 ? words[3].kib("pinned=") : nil
        if pinned != nil { words.removeLast() }
        guard words.count == 3, let pgtables: Int = words[1].kib("pgtables="),
            let locked: UInt64 = words[2].kib("locked=")
        else {
            throw expected("'process NAME pgtables=NK locked=NK [pinned=NK] [shares=NAME]'")
        }
        var process = RecordedProcess(
            name: String(words[0]), pgtablesKiB: pgtables, lockedKiB: locked, pinnedKiB: pinned ?? 0,
            sharedWith: sharer.map(String.init), vmas: [])
        advance()
        while let text = current?.dropping(prefix: "    vma ") { process.vmas.append(try vma(text)) }
        return process
    }

    private mutating func vma(_ text: Substring) throws(RecordingSyntaxError) -> RecordedVMA {
        let halves = text.split(separator: " | ", maxSplits: 1)
        let fields = halves.first?.split(separator: " ", maxSplits: 3) ?? []
        guard
            halves.count == 2, fields.count == 4, let (start, end) = fields[0].addressRange,
            let offset = UInt64(fields[2], radix: 16)
        else { throw expected("'vma START-END PERMS OFFSET NAME | VMFLAGS'") }
        let shown = halves[1].split(separator: " policy=", maxSplits: 1)
        var vma = RecordedVMA(
            start: start, end: end, permissions: String(fields[1]), offset: offset, name: String(fields[3]),
            vmFlags: String(shown.first ?? ""), policy: shown.count == 2 ? String(shown[1]) : nil,
            figures: SmapsFigures(), runs: [])
        advance()
        if let text = current?.dropping(prefix: "      "), text.first?.isUppercase == true {
            vma.figures = try figures(text)
            advance()
        }
        while let text = current?.dropping(prefix: "      ") {
            vma.runs.append(try need(PageRun(text: text), "'ADDRESS xN FRAME [file] [excl] mapcount=N [FLAGS]'"))
            advance()
        }
        return vma
    }

    private func figures(_ text: Substring) throws(RecordingSyntaxError) -> SmapsFigures {
        var figures = SmapsFigures()
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let kind = SmapsFigure(name: String(parts[0])), let kib = Int(parts[1]) else {
                throw expected("figures of smaps, such as 'Rss=4 Pss=4'")
            }
            figures[kind] = kib
        }
        return figures
    }
}

extension Substring {
    /// The number of `PREFIX16K`.
    fileprivate func kib<Number: FixedWidthInteger>(_ prefix: String) -> Number? {
        guard let number = dropping(prefix: prefix), number.last == "K" else { return nil }
        return Number(number.dropLast())
    }
}

extension PageRun {
    /// Reads what `text` writes, or nil.
    fileprivate init?(text: Substring) {
        var words = text.split(separator: " ")[...]
        guard
            let address = words.popFirst().flatMap({ UInt64($0, radix: 16) }),
            let count = words.popFirst()?.dropping(prefix: "x").flatMap({ Int($0) }), count > 0,
            let frame = words.popFirst().flatMap({ PageRun.Frame(text: $0) })
        else { return nil }
        self.init(address: address, count: count, frame: frame)
        if case .swap = frame, let slot = words.first?.dropping(prefix: "s").flatMap({ UInt64($0) }) {
            words.removeFirst()
            self.frame = .slot(slot)
        }
        if frame == .marker {
            isWriteProtected = words.removeFirst(if: "uffd-wp")
            if !isWriteProtected { return nil }
        }
        guard case .number = frame else {
            if frame != .marker { isWriteProtected = words.removeFirst(if: "uffd-wp") }
            if words.isEmpty { return } else { return nil }
        }
        isFile = words.removeFirst(if: "file")
        isExclusive = words.removeFirst(if: "excl")
        isWriteProtected = words.removeFirst(if: "uffd-wp")
        guard let mapCount = words.popFirst()?.dropping(prefix: "mapcount=").flatMap({ Int($0) }) else { return nil }
        self.mapCount = mapCount
        for (flag, name) in PageFlags.named where words.removeFirst(if: name) { flags.insert(flag) }
        if !words.isEmpty { return nil }
    }
}

extension PageRun.Frame {
    fileprivate init?(text: Substring) {
        switch text {
        case "zero": self = .zero
        case "swap": self = .swap
        case "guard": self = .guardMarker
        case "marker": self = .marker
        case "poison": self = .poison
        default:
            guard let number = text.dropping(prefix: "f").flatMap({ Int($0) }) else { return nil }
            self = .number(number)
        }
    }
}

extension ArraySlice<Substring> {
    /// Takes the first word if it is `word`, and says whether it was.
    fileprivate mutating func removeFirst(if word: String) -> Bool {
        guard first.map({ $0 == word }) == true else { return false }
        removeFirst()
        return true
    }
}
