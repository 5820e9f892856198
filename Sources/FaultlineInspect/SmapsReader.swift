import Faultline

/// Prints a process's VMAs as `/proc/PID/smaps` does (`show_smap` in `fs/proc/task_mmu.c`).
public struct SmapsReader {
    private let maps: MapsReader
    private let showsKeys: Bool

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - maps: prints the first line of each VMA.
    ///   - showsKeys: whether the processor has protection keys, which have a line then.
    public init(maps: MapsReader = MapsReader(), showsKeys: Bool = false) {
        self.maps = maps
        self.showsKeys = showsKeys
    }

    /// The whole file.
    ///
    /// - Parameter showsGate: with the vsyscall gate, which is no VMA of the process.
    public func text(_ process: ProcessView, showsGate: Bool = false) -> String {
        let gate = VMAView(
            start: AddressSpaceLimit.vsyscall, end: AddressSpaceLimit.vsyscall + PageSize.base, permissions: "--xp",
            offset: 0, name: "[vsyscall]", flags: "ex")
        return (process.vmas + (showsGate ? [gate] : [])).map(text).joined()
    }

    private func text(_ vma: VMAView) -> String {
        var lines = [maps.line(vma), Self.line("Size", Int((vma.end - vma.start) >> 10))]
        // Huge pages of the pool.
        let pageKiB = vma.flags.split(separator: " ").contains("ht") ? 2048 : 4
        lines += [Self.line("KernelPageSize", pageKiB), Self.line("MMUPageSize", pageKiB)]
        lines += Self.figures(vma.figures)
        lines.append(Self.row("THPeligible", "\(vma.figures[.thpEligible])"))
        if showsKeys { lines.append(Self.row("ProtectionKey", "\(vma.figures[.protectionKey])")) }
        return lines.map { $0 + "\n" }.joined() + "VmFlags: \(vma.flags) \n"
    }

    /// The lines from Rss to Locked.
    static func figures(_ figures: SmapsFigures) -> [String] {
        var lines: [String] = []
        for figure in SmapsFigure.allCases where figure != .thpEligible && figure != .protectionKey {
            lines.append(line(figure.name, figures[figure]))
        }
        return lines
    }

    /// A figure in KiB (`SEQ_PUT_DEC`).
    static func line(_ name: String, _ kib: Int) -> String { row(name, "\(kib)") + " kB" }

    private static func row(_ name: String, _ value: String) -> String {
        let head = name + ":"
        return head + String(repeating: " ", count: max(24 - head.utf8.count - value.utf8.count, 1)) + value
    }
}
