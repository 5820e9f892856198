import Faultline

/// Prints a process's VMAs as `/proc/PID/smaps` does (`show_smap` in `fs/proc/task_mmu.c`), zero lines too.
public struct SmapsReader {
    private let hasProtectionKeys: Bool

    /// Makes a reader.
    ///
    /// - Parameter hasProtectionKeys: whether the processor has them: smaps has a line of the key then.
    public init(hasProtectionKeys: Bool) { self.hasProtectionKeys = hasProtectionKeys }

    /// The whole file, the vsyscall gate with it.
    public func text(_ process: ProcessView) -> String {
        let gate = VMAView(
            start: AddressSpaceLimit.vsyscall, end: AddressSpaceLimit.vsyscall + PageSize.base, permissions: "--xp",
            offset: 0, name: "[vsyscall]", flags: "ex")
        return (process.vmas + [gate]).map(text).joined()
    }

    /// One VMA with its figures.
    private func text(_ vma: VMAView) -> String {
        var lines = [MapsReader().line(vma)]
        lines.append(Self.line("Size", Int(vma.end - vma.start) >> 10))
        lines.append(Self.line("KernelPageSize", 4))
        lines.append(Self.line("MMUPageSize", 4))
        lines += Self.figures(vma.figures)
        lines.append("THPeligible:    " + vma.figures[.thpEligible].right(8))
        if hasProtectionKeys { lines.append("ProtectionKey:  " + vma.figures[.protectionKey].right(8)) }
        lines.append("VmFlags: " + vma.flags + " ")
        return lines.map { $0 + "\n" }.joined()
    }

    /// Pages of the huge-page pools: the machine has none.
    private static let pool = ["Shared_Hugetlb", "Private_Hugetlb"]

    /// The lines from Rss to Locked.
    static func figures(_ figures: SmapsFigures) -> [String] {
        var lines: [String] = []
        for figure in SmapsFigure.allCases where figure != .thpEligible && figure != .protectionKey {
            if figure == .swap { lines += pool.map { line($0, 0) } }
            lines.append(line(figure.name, figures[figure]))
        }
        return lines
    }

    /// `SEQ_PUT_DEC`: a name of 16 columns, a number of 8.
    static func line(_ name: String, _ kib: Int) -> String { (name + ":").left(16) + kib.right(8) + " kB" }
}
