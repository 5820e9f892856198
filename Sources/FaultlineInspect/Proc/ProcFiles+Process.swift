import Faultline

/// Sums over a process, as /proc prints them.
extension ProcFiles {
    /// `/proc/PID/smaps_rollup` (`show_smaps_rollup`).
    func smapsRollup(_ process: ProcessID) throws(Errno) -> String {
        let view = try shown(process, pages: false)
        guard let first = view.vmas.first, let last = view.vmas.last else { return "" }
        var sums = SmapsFigures()
        for vma in view.vmas {
            for figure in SmapsFigure.allCases { sums[figure] += vma.figures[figure] }
        }
        let tally = try tally(process, in: 0..<AddressSpaceLimit.taskSize)
        sums[.pss] = PageTally.kib(tally.pss)
        sums[.pssDirty] = PageTally.kib(tally.pssDirty)
        sums[.locked] = try lockedKiB(process, view)
        let shares = [("Pss_Anon", tally.pssAnon), ("Pss_File", tally.pssFile), ("Pss_Shmem", tally.pssShmem)]
        let header = MapsReader().line(
            VMAView(start: first.start, end: last.end, permissions: "---p", offset: 0, name: "[rollup]", flags: ""))
        var lines = SmapsReader.figures(sums)
        let place = SmapsFigure.allCases.firstIndex(of: .sharedClean) ?? 0
        lines.insert(contentsOf: shares.map { SmapsReader.line($0.0, PageTally.kib($0.1)) }, at: place)
        return ([header] + lines).map { $0 + "\n" }.joined()
    }

    /// `pss_locked` of all VMAs, rounded once.
    private func lockedKiB(_ process: ProcessID, _ view: ProcessView) throws(Errno) -> Int {
        var sum: UInt64 = 0
        for vma in view.vmas where vma.flags.split(separator: " ").contains("lo") {
            sum += try tally(process, in: vma.start..<vma.end).pss
        }
        return PageTally.kib(sum)
    }

    /// `/proc/PID/numa_maps` (`show_numa_map`).
    func numaMaps(_ process: ProcessID) throws(Errno) -> String {
        var text = ""
        for vma in try shown(process, pages: false).vmas {
            let place: String
            switch vma.name {
            case "[heap]": place = " heap"
            case "[stack]": place = " stack"
            case let name where name.isEmpty || name.hasPrefix("["): place = ""
            case let name: place = " file=" + Self.escaped(name)
            }
            let (range, isPool) = (vma.start..<vma.end, vma.flags.split(separator: " ").contains("ht"))
            let tally = isPool ? try tally(ofPool: process, in: range) : try tally(process, in: range)
            let words = (isPool ? " huge" : "") + Self.numaFigures(tally, isPool: isPool)
            text += "\(vma.start.hex(8)) \(vma.policy ?? "default")\(place)\(words)\n"
        }
        return text
    }

    private static func numaFigures(_ tally: PageTally, isPool: Bool) -> String {
        if tally.pages == 0 { return "" }
        var words: [String] = []
        if tally.anonymous > 0 { words.append("anon=\(tally.anonymous)") }
        if tally.dirty > 0 { words.append("dirty=\(tally.dirty)") }
        if tally.pages != tally.anonymous, tally.pages != tally.dirty { words.append("mapped=\(tally.pages)") }
        if tally.mostMapped > 1 { words.append("mapmax=\(tally.mostMapped)") }
        if tally.swapCached > 0 { words.append("swapcache=\(tally.swapCached)") }
        if tally.active < tally.pages, !isPool { words.append("active=\(tally.active)") }
        if tally.writeback > 0 { words.append("writeback=\(tally.writeback)") }
        for (node, pages) in tally.onNode.sorted(by: { $0.key < $1.key }) { words.append("N\(node)=\(pages)") }
        words.append("kernelpagesize_kB=\(isPool ? 2048 : 4)")
        return words.map { " " + $0 }.joined()
    }

    /// `seq_path` with a space, a tab, a newline and `=` to escape.
    private static func escaped(_ name: String) -> String {
        name.map { character in
            switch character {
            case " ": "\\040"
            case "\t": "\\011"
            case "\n": "\\012"
            case "=": "\\075"
            default: String(character)
            }
        }.joined()
    }

    /// `/proc/PID/statm` (`proc_pid_statm`).
    func statm(_ process: ProcessID) throws(Errno) -> String {
        let space = try machine.addressSpace(process)
        let code = (space.code.upperBound + 4095) >> 12 - space.code.lowerBound >> 12
        let fields: [UInt64] = [
            space.totalVM, UInt64(max(0, space.rssPages)), UInt64(max(0, space.filePages + space.shmemPages)), code, 0,
            space.dataVM + space.stackVM, 0,
        ]
        return fields.map(String.init).joined(separator: " ") + "\n"
    }

    /// `/proc/PID/oom_score` (`proc_oom_score`).
    func oomScore(_ process: ProcessID) throws(Errno) -> Int {
        let space = try machine.addressSpace(process)
        let managed = machine.zones.reduce(0) { $0 + Int($1.managed) }
        let adjustment = Int(try machine.outOfMemoryAdjustment(process.index))
        // OOM_SCORE_ADJ_MIN: it is never chosen.
        if adjustment == -1000 { return 0 }
        return Self.oomScore(
            pages: space.rssPages + space.tablePages + space.swapPages, of: managed + Int(machine.swapArea?.slots ?? 0),
            adjustment: adjustment)
    }

    /// The score of so many pages in memory and page tables, of so many that the machine has (`oom_badness`).
    ///
    /// - Parameter adjustment: oom_score_adj, from -1000 to 1000.
    static func oomScore(pages: Int, of total: Int, adjustment: Int = 0) -> Int {
        let points = pages + adjustment * (total / 1000)
        return (1000 + points * 1000 / max(total, 1)) * 2 / 3
    }
}
