import Faultline

/// Why a text is not one of `/proc/PID/maps` or `smaps`: the line, the field, and the rule that it breaks.
public struct MapsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    /// Such as `permissions`.
    public let field: String
    /// What must hold.
    public let rule: String

    /// One line for the user.
    public var description: String { "line \(line): \(field): \(rule)" }
}

/// A process's memory as a text of `/proc/PID/maps` or `/proc/PID/smaps` describes it.
public struct ProcessDescription: Sendable {
    /// One mapping.
    public struct Area: Sendable {
        /// Where it lies and what stands behind it.
        public var region: InitialAddressSpace.Region
        /// As the text has it; empty for none.
        public var name: String
        /// The lines of smaps below it by name, such as `Rss`, in KiB; empty for a text of maps.
        public var figures: [String: Int] = [:]
        /// The words of its line `VmFlags`; nil where there is none.
        public var flagNames: [String]?
        /// Its entries, in the order of addresses, where they were read; else nil.
        public var pages: [ObservedPage]?

        /// A figure in KiB; 0 where the text has none.
        public func kib(_ figure: String) -> Int { figures[figure] ?? 0 }
    }

    /// In the order of addresses.
    public var areas: [Area] = []
    /// What the text says that the model does not know, or that had to be assumed: a sentence each.
    public var notes: [String] = []
    /// True for a bottom-up layout.
    public var isLegacyLayout = false

    /// Reads a text.
    ///
    /// Contents are not in such a text: anonymous memory is untouched, files are zeros that are not in memory. Nor is the
    /// place of the mmap area: it begins where the highest mapping below the stack ends; that of a bottom-up layout begins
    /// at the lowest mapping above a third of the address space.
    ///
    /// - Parameter isLegacyLayout: says that the layout is bottom-up; else the place of `[vdso]` tells.
    /// - Throws: ``MapsError``.
    public init(_ text: some Sequence<UInt8>, isLegacyLayout: Bool = false) throws(MapsError) {
        let bytes = Array(text)
        var parser = MapsParser()
        for (index, line) in bytes.split(separator: .newline, omittingEmptySubsequences: false).enumerated() {
            try parser.add(line, number: index + 1)
        }
        if parser.areas.isEmpty { throw MapsError(line: 1, field: "text", rule: "one mapping is expected at least") }
        areas = parser.areas
        self.isLegacyLayout = isLegacyLayout || looksBottomUp
        notes = parser.notes + unknownNotes
    }

    /// True where smaps gave figures for the mappings.
    public var hasFigures: Bool { areas.contains { !$0.figures.isEmpty } }

    /// What a process made of this has otherwise than the real one, beyond ``notes``: a sentence each.
    public var populationNotes: [String] {
        let swapped = areas.reduce(0) { $0 + ($1.pages.map { $0.count { $0.kind == .swapped } } ?? $1.kib("Swap") / 4) }
        let outside = areas.reduce(0) {
            $0 + ($1.pages.map { $0.count { $0.kind == .anonymous && $0.mapCount > 1 } } ?? 0)
        }
        var notes: [String] = []
        if swapped > 0 { notes.append("\(swapped) pages are swapped out: there is no swap, their entries are empty") }
        if outside > 0 {
            notes.append(
                "\(outside) private pages are shared with processes outside, which are not there: a write re-uses them")
        }
        if hasFigures, areas.contains(where: { $0.pages == nil && $0.kib("Rss") > 0 }) {
            notes.append("smaps does not say where in a VMA its pages lie: they are taken to lie side by side")
        }
        return notes
    }

    /// What the model does not know of the mappings.
    private var unknownNotes: [String] {
        var devices: [String] = []
        var huge = 0
        for area in areas {
            if case .device = area.region.content { devices.append(area.name) }
            if area.kib("AnonHugePages") + area.kib("ShmemPmdMapped") + area.kib("FilePmdMapped") > 0 { huge += 1 }
        }
        var notes: [String] = []
        if let first = devices.first {
            notes.append(
                "\(devices.count == 1 ? "one mapping is" : "\(devices.count) mappings are") of a device or the like "
                    + "(\(first)): the model takes the pages for zeros that are in memory, what the device gives may differ"
            )
        }
        if huge > 0 {
            notes.append(
                "\(huge) mappings have huge pages, which are not modelled: their pages are taken for small ones")
        }
        return notes
    }
}

extension InitialAddressSpace {
    /// The address space that a text in the form of `/proc/PID/maps` or `smaps` describes; see ``ProcessDescription``.
    ///
    /// - Throws: ``MapsError``.
    public init(maps text: String) throws(MapsError) { self = try ProcessDescription(text.utf8).space }
}
