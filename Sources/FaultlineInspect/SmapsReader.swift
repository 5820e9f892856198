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

    /// The whole file, without the vsyscall gate.
    public func text(_ process: ProcessView) -> String { process.vmas.map(text).joined() }

    private func text(_ vma: VMAView) -> String {
        var lines = [maps.line(vma), size("Size", Int((vma.end - vma.start) >> 10))]
        lines += [size("KernelPageSize", 4), size("MMUPageSize", 4)]
        for figure in SmapsFigure.allCases {
            switch figure {
            case .swap:
                // The pools of huge pages, which are empty, stand before it.
                lines += [size("Shared_Hugetlb", 0), size("Private_Hugetlb", 0), size("Swap", vma.figures[.swap])]
            case .thpEligible: lines.append(row("THPeligible", "\(vma.figures[figure])"))
            case .protectionKey: if showsKeys { lines.append(row("ProtectionKey", "\(vma.figures[figure])")) }
            default: lines.append(size(figure.name, vma.figures[figure]))
            }
        }
        return lines.map { $0 + "\n" }.joined() + "VmFlags: \(vma.flags) \n"
    }

    private func size(_ name: String, _ kib: Int) -> String { row(name, "\(kib)") + " kB" }

    private func row(_ name: String, _ value: String) -> String {
        let head = name + ":"
        return head + String(repeating: " ", count: max(24 - head.utf8.count - value.utf8.count, 1)) + value
    }
}
