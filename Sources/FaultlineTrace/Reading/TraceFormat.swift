/// The forms of address traces that can be read.
public enum TraceFormat: String, Sendable, CaseIterable, Codable {
    /// The text of `valgrind --tool=lackey --trace-mem=yes`.
    case lackey
    /// ChampSim's `input_instr`, 64 bytes an instruction.
    case champsim
    /// ChampSim's `cloudsuite_instr`, 96 bytes an instruction.
    case cloudsuite
    /// DynamoRIO's `trace_entry_t`, 12 bytes a record: what raw2trace writes.
    case drmemtrace
    /// The text of drmemtrace's `view` tool, and those of DynamoRIO's samples memtrace_simple and memtrace_x86.
    case dynamorioText = "dynamorio-text"
    /// The text of `perf script` of events that have addresses.
    case perf
    /// Faultline's own, 8 bytes an access.
    case packed

    /// Why there is none that can be told.
    public static let unknown =
        "the form of the trace is not known by its beginning; name it with --format: "
        + allCases.map(\.rawValue).joined(separator: ", ")

    /// The form that a trace's beginning shows; nil where none is certain. ChampSim's records have no mark: `name`, of the file, tells.
    public init?(beginning: [UInt8], name: String) {
        if beginning.starts(with: PackedTrace.magic) { self = .packed; return }
        // TRACE_TYPE_HEADER, size 0, a small version.
        if beginning.count >= 12, beginning[..<4].elementsEqual([25, 0, 0, 0]),
            beginning[5..<12].allSatisfy({ $0 == 0 })
        {
            self = .drmemtrace
            return
        }
        let lower = name.lowercased()
        if lower.contains("cloudsuite") { self = .cloudsuite; return }
        if lower.contains("champsim") { self = .champsim; return }
        // The beginning may end in the midst of a line.
        for line in beginning.split(separator: 10, maxSplits: 64).prefix(64) {
            if let format = Self(line: String(decoding: line, as: UTF8.self)) { self = format; return }
        }
        return nil
    }

    private init?(line: String) {
        let starts = ["I  ", " L ", " S ", " M "]
        if starts.contains(where: line.hasPrefix), line.contains(",") { self = .lackey; return }
        if line.hasPrefix("Format: <") || line.contains(" byte(s) @ 0x") { self = .dynamorioText; return }
        // An event's name with a colon, and an address behind it.
        let words = line.split(separator: " ")
        let isPerf = zip(words, words.dropFirst()).contains { name, address in
            name.count > 1 && name.hasSuffix(":") && address.count >= 4 && address.allSatisfy(\.isHexDigit)
        }
        if isPerf, !line.hasPrefix("=="), !line.contains("<marker") { self = .perf; return }
        return nil
    }

    /// How many bytes a record has; nil for a text, whose records are lines.
    var recordBytes: Int? {
        switch self {
        case .lackey, .dynamorioText, .perf: nil
        case .champsim: ChampSimReader.recordBytes
        case .cloudsuite: ChampSimReader.cloudsuiteBytes
        case .drmemtrace: DrmemtraceReader.recordBytes
        case .packed: 8
        }
    }

    /// A reader of it.
    func makeReader() -> any TraceReader {
        switch self {
        case .lackey: LackeyReader()
        case .champsim: ChampSimReader(isCloudsuite: false)
        case .cloudsuite: ChampSimReader(isCloudsuite: true)
        case .drmemtrace: DrmemtraceReader()
        case .dynamorioText: DynamoRIOTextReader()
        case .perf: PerfScriptReader()
        case .packed: PackedReader()
        }
    }
}
