import Faultline

extension RunReport {
    /// One process as a report for machines has it: what the lines of a recording say, taken apart.
    public struct ProcessState: Encodable, Sendable {
        /// The program's name for it.
        public let name: String
        /// `VmPTE`, less what it was when the program started.
        public let pageTablesKiB: Int
        /// `VmLck`.
        public let lockedKiB: UInt64
        /// The earlier process whose address space it runs in (CLONE_VM), which has the VMAs; nil where it has its own.
        public let sharedWith: String?
        /// The figures of the whole process, in KiB; nil where nobody asked for them.
        public let totals: ProcessTotals?
        /// The VMAs that the program made.
        public let vmas: [VMAState]
    }

    /// One VMA.
    public struct VMAState: Encodable, Sendable {
        /// The first address, hexadecimal with 0x: many readers of JSON keep 53 bits of a number.
        public let start: String
        /// The address after the last.
        public let end: String
        /// Such as `rw-p`.
        public let permissions: String
        /// The offset into the file, in bytes.
        public let offset: UInt64
        /// The name, or `-`.
        public let name: String
        /// The names of the flags, as in smaps' VmFlags.
        public let flags: [String]
        /// The figures of smaps that are not 0, in KiB (THPeligible as it is).
        public let smaps: [String: Int]
        /// The pages that are there, neighbours that are alike together.
        public let pages: [PageRunState]
    }

    /// Neighbouring pages that are alike.
    public struct PageRunState: Encodable, Sendable {
        /// The first page's address.
        public let address: String
        /// How many pages.
        public let count: Int
        /// `frame`, `zero` (the shared zero page), `guard`, or `swap`, which is a guard marker too where pagemap does not tell.
        public let kind: String
        /// The number of the first page's frame in this state, from 0; the others follow. Only of the kind `frame`.
        public let frame: Int?
        /// Whether it is a file's page.
        public let isFile: Bool
        /// Whether no other process maps it (bit 56 of pagemap).
        public let isExclusive: Bool
        /// kpagecount.
        public let mapCount: Int
        /// kpageflags.
        public let flags: [String]
    }

    /// One event of the machine, taken apart.
    public struct EventEntry: Encodable, Sendable {
        /// The process that it happened to, by its number in the order of creation, from 0; nil for none.
        public let process: Int?
        /// The kernel thread that did it, such as `jbd2/vda-8`; nil where a process did.
        public let kernelThread: String?
        /// Its kind, as in the trace.
        public let event: String
        /// The address that it concerns; nil where none.
        public let address: String?
        /// What the value is, such as `pfn` or `len`; nil where there is none.
        public let valueName: String?
        /// The value.
        public let value: UInt64?
        /// Why it happened; nil where no one rule decided it.
        public let reason: String?
        /// The rule that refused, with its figures; nil but for refusals.
        public let refusal: RefusalEntry?

        init(_ event: Event) {
            process = event.process < 0 ? nil : Int(event.process)
            kernelThread = event.kernelThread?.name
            self.event = event.kind.rawValue
            address = event.address == 0 ? nil : hexadecimal(event.address)
            valueName = event.value == 0 ? nil : event.kind.valueName
            value = event.value == 0 ? nil : event.value
            reason = event.reason == .none ? nil : event.reason.rawValue
            refusal = event.refusal.map(RefusalEntry.init)
        }
    }
}

private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

extension RunReport.ProcessState {
    /// The processes of a state, with their figures where they are there.
    static func states(_ state: RecordedState, _ totals: [ProcessTotals]) -> [RunReport.ProcessState] {
        state.processes.enumerated().map { index, process in
            RunReport.ProcessState(process, totals.count == state.processes.count ? totals[index] : nil)
        }
    }

    init(_ process: RecordedProcess, _ totals: ProcessTotals?) {
        self.totals = totals
        name = process.name
        pageTablesKiB = process.pgtablesKiB
        lockedKiB = process.lockedKiB
        sharedWith = process.sharedWith
        vmas = process.vmas.map(RunReport.VMAState.init)
    }
}

extension RunReport.VMAState {
    init(_ vma: RecordedVMA) {
        start = hexadecimal(vma.start)
        end = hexadecimal(vma.end)
        permissions = vma.permissions
        offset = vma.offset
        name = vma.name
        flags = vma.vmFlags.split(separator: " ").map(String.init)
        smaps = Dictionary(uniqueKeysWithValues: vma.figures.map { ($0.kind.rawValue, $0.kib) })
        pages = vma.runs.map(RunReport.PageRunState.init)
    }
}

extension RunReport.PageRunState {
    init(_ run: PageRun) {
        address = hexadecimal(run.address)
        count = run.count
        switch run.frame {
        case .zero: (kind, frame) = ("zero", nil)
        case .swap: (kind, frame) = ("swap", nil)
        case .guardMarker: (kind, frame) = ("guard", nil)
        case .number(let number): (kind, frame) = ("frame", number)
        }
        isFile = run.isFile
        isExclusive = run.isExclusive
        mapCount = run.mapCount
        flags = PageFlags.named.filter { run.flags.contains($0.0) }.map { String($0.1) }
    }
}
