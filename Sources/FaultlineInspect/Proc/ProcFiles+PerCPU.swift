import Faultline

extension ProcFiles {
    /// `/sys/kernel/debug/percpu_stats` (`percpu_stats_show`).
    func perCPUStatistics(_ path: String) throws(ProcFileError) -> Content {
        guard let figures = machine.perCPUFigures() else {
            throw .notModelled(path, "the machine has no per-CPU memory yet: alloc_percpu brings it up")
        }
        let layout = figures.layout
        var text = Self.heading("Percpu Memory Statistics\nAllocation Info:")
        text += Self.lines([
            ("unit_size", layout.unitBytes), ("static_size", layout.staticBytes),
            ("reserved_size", layout.reservedBytes), ("dyn_size", layout.dynamicBytes),
            ("atom_size", layout.atomBytes), ("alloc_size", layout.allocationBytes),
        ])
        text += Self.heading("Global Stats:")
        let names = [
            "nr_alloc", "nr_dealloc", "nr_cur_alloc", "nr_max_alloc", "nr_chunks", "nr_max_chunks", "min_alloc_size",
            "max_alloc_size",
        ]
        text += Self.lines(Array(zip(names, figures.allocations)) + [("empty_pop_pages", figures.emptyPages)])
        text += Self.heading("Per Chunk Stats:")
        for chunk in figures.chunks {
            text += "Chunk\(chunk.title)\n" + Self.lines(Array(zip(Self.figures, chunk.figures)))
        }
        return .text(text, leftOut: [])
    }

    private static let figures = [
        "nr_alloc", "max_alloc_size", "empty_pop_pages", "first_bit", "free_bytes", "contig_bytes", "sum_frag",
        "max_frag", "cur_min_alloc", "cur_med_alloc", "cur_max_alloc",
    ]

    private static func heading(_ title: String) -> String { title + "\n" + String(repeating: "-", count: 40) + "\n" }

    private static func lines(_ figures: [(String, Int)]) -> String {
        figures.map { "  \($0.0.left(20)): \($0.1.right(12))\n" }.joined() + "\n"
    }
}
