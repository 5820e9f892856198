import Faultline

/// The files of /proc and /sys as the simulated machine has them, byte for byte as the kernel writes them.
///
/// A line whose figure the machine does not have is left out and named; nothing is made up.
public struct ProcFiles {
    /// What a file holds.
    public enum Content {
        /// Text, and the names of the lines or fields that are left out.
        case text(String, leftOut: [String])
        /// Words of 64 bits by their index, little-endian in the file.
        case words(Words)
    }

    /// A file of binary words.
    public struct Words {
        /// How many there are.
        public let count: UInt64
        /// The word at an index.
        public let word: (UInt64) -> UInt64
        /// The same for a reader: those that are not 0, a line each.
        public let text: () -> String
    }

    let machine: Machine
    let processName: (Int) -> String
    let current: ProcessID

    /// Files of a machine.
    ///
    /// - Parameters:
    ///   - current: the process that `self` stands for.
    ///   - processName: the name of a process, by its index.
    public init(_ machine: Machine, current: ProcessID = ProcessID(0), processName: @escaping (Int) -> String) {
        self.machine = machine
        self.current = current
        self.processName = processName
    }

    /// What a file holds now.
    ///
    /// - Throws: ``ProcFileError``.
    public func read(_ path: String) throws(ProcFileError) -> Content {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        if let lack = Self.notModelled[path] { throw .notModelled(path, lack) }
        if parts.starts(with: ["sys", "kernel", "slab"]) { return try slabFile(Array(parts.dropFirst(3)), path) }
        switch parts.joined(separator: "/") {
        case "sys/kernel/debug/extfrag/extfrag_index": return .text(extfragIndex(), leftOut: [])
        case "sys/kernel/debug/extfrag/unusable_index": return .text(unusableIndex(), leftOut: [])
        case "sys/kernel/debug/percpu_stats": return try perCPUStatistics(path)
        default: break
        }
        if let content = try groupFile(path) { return content }
        if parts.first == "sys" {
            guard let text = hugePageFile(path) ?? mergingFile(path) ?? nodeFile(path) else {
                throw .notModelled(
                    path,
                    "of /sys the machine has /sys/kernel/slab, /sys/kernel/debug/extfrag, /sys/kernel/debug/percpu_stats, "
                        + "/sys/kernel/mm/transparent_hugepage, /sys/kernel/mm/ksm, /sys/devices/system/node/nodeN")
            }
            return .text(text, leftOut: [])
        }
        guard parts.first == "proc", parts.count > 1 else { throw .noSuchFile(path, Self.paths) }
        if parts.count == 2, let file = SystemFile(rawValue: parts[1]) {
            if file == .slabinfo || file == .vmallocinfo { try requireKernel(path) }
            return read(file)
        }
        if parts.count > 2, parts[1] == "sys" { return try setting(parts.dropFirst(2).joined(separator: "."), path) }
        guard parts.count == 3 else { throw .noSuchFile(path, Self.paths) }
        let process = try process(parts[1])
        guard let file = ProcessFile(rawValue: parts[2]) else { throw .noSuchFile(path, Self.paths) }
        do { return try read(file, of: process) } catch { throw .notAlive(parts[1], alive: alive) }
    }

    /// The paths that can be read; NAME is a process.
    public static var paths: [String] {
        ProcessFile.allCases.map { "/proc/NAME/" + $0.rawValue } + SystemFile.allCases.map { "/proc/" + $0.rawValue }
            + ["/sys/kernel/slab/CACHE/FIGURE"]
            + settingNames.map { "/proc/sys/" + $0.split(separator: ".").joined(separator: "/") }
            + hugePageFiles + mergingFiles + nodeFiles + groupFiles
    }

    /// Files that Linux has and the machine does not.
    private static let notModelled = [
        "/proc/kpagecgroup": "the machine has no numbers of memory cgroups"
    ]

    private var alive: [String] { machine.liveProcesses.map { processName($0.index) } }

    /// The process that a name, `self` or a process id stands for.
    private func process(_ name: String) throws(ProcFileError) -> ProcessID {
        if name == "self" { return current }
        let found = machine.liveProcesses.first {
            processName($0.index) == name || String(Self.firstProcessID + $0.index) == name
        }
        guard let found else { throw .notAlive(name, alive: alive) }
        return found
    }

    /// The process id of the first process; the others follow.
    static let firstProcessID = 1000

    /// A file of one process.
    enum ProcessFile: String, CaseIterable {
        case maps, smaps, smapsRollup = "smaps_rollup", pagemap, numaMaps = "numa_maps", status, statm, stat
        case oomScore = "oom_score", oomScoreAdj = "oom_score_adj", merging = "ksm_stat"
    }

    /// A file of the machine.
    enum SystemFile: String, CaseIterable {
        case meminfo, vmstat, zoneinfo, buddyinfo, pagetypeinfo, swaps, kpagecount, kpageflags, slabinfo, vmallocinfo
    }

    private func read(_ file: ProcessFile, of process: ProcessID) throws(Errno) -> Content {
        switch file {
        case .maps: .text(MapsReader().text(try shown(process, pages: false)), leftOut: Self.identity)
        case .smaps:
            .text(
                SmapsReader(showsKeys: hasProtectionKeys).text(try shown(process, pages: false), showsGate: true),
                leftOut: Self.identity)
        case .smapsRollup: .text(try smapsRollup(process), leftOut: [])
        case .pagemap: .words(try pagemap(process))
        case .numaMaps: .text(try numaMaps(process), leftOut: [])
        case .status: .text(try status(process), leftOut: Self.statusLeftOut)
        case .statm: .text(try statm(process), leftOut: [])
        case .stat: .text(try stat(process), leftOut: ["the fields that show -"])
        case .oomScore: .text("\(try oomScore(process))\n", leftOut: [])
        case .merging: .text(try mergingStatus(process), leftOut: [])
        case .oomScoreAdj: .text("\(try machine.outOfMemoryAdjustment(process.index))\n", leftOut: [])
        }
    }

    private func read(_ file: SystemFile) -> Content {
        switch file {
        case .meminfo: meminfo()
        case .vmstat: .text(vmstat(), leftOut: vmstatLeftOut)
        case .zoneinfo: .text(zoneinfo(), leftOut: zoneinfoLeftOut)
        case .buddyinfo: .text(buddyinfo(), leftOut: [])
        case .pagetypeinfo: .text(pagetypeinfo(), leftOut: [])
        case .swaps: .text(swaps, leftOut: [])
        case .slabinfo: .text(slabinfo(), leftOut: Self.slabinfoLeftOut)
        case .vmallocinfo: .text(vmallocinfo(), leftOut: [])
        case .kpagecount: .words(pageWords("mapcount") { UInt64($0.mapCount) })
        case .kpageflags: .words(pageWords("flags") { $0.flags.rawValue })
        }
    }

    /// `/proc/swaps` (`swap_show`).
    private var swaps: String {
        let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        guard let area = machine.swapArea else { return head }
        func figure(_ pages: UInt64) -> String { "\(pages * 4)" + (pages * 4 < 10_000_000 ? "\t" : "") }
        let name = area.path + String(repeating: " ", count: max(1, 40 - area.path.utf8.count))
        let type = area.isDevice ? "partition" : "file\t"
        return head + "\(name)\(type)\t\(figure(area.slots))\t\(figure(area.used))\t-2\n"
    }

    private func meminfo() -> Content {
        let info = machine.memoryInfo()
        let text = MeminfoFile.text(info, huge: machine.hugePageCounts)
        return .text(text, leftOut: MeminfoFile.leftOut(info))
    }

    var hasProtectionKeys: Bool { machine.settings.cpu.protectionKeys }

    /// The state of a process with its names as /proc has them.
    func shown(_ process: ProcessID, pages: Bool) throws(Errno) -> ProcessView {
        var view = try machine.snapshot(process.index) { _, _ in pages }
        for index in view.vmas.indices { view.vmas[index].name = Self.path(view.vmas[index].name) }
        return view
    }

    /// The path as `d_path` gives it: memory without a name in any folder is deleted.
    static func path(_ name: String) -> String {
        let deleted = ["/memfd:", "/dev/zero", "/SYSV", "/anon_hugepage", "file:"]
        return deleted.contains { name.hasPrefix($0) } ? name + " (deleted)" : name
    }

    private static let identity = ["device and inode of files (00:00 0 stands there)"]
}

/// A file that cannot be shown.
public enum ProcFileError: Error, Equatable, CustomStringConvertible {
    /// There is no such file; those that there are.
    case noSuchFile(String, [String])
    /// There is no such memory cgroup; its name.
    case noSuchGroup(String, String)
    /// There is no such slab cache; the names of those that there are.
    case noSuchCache(String, [String])
    /// Linux has it, the machine does not; why.
    case notModelled(String, String)
    /// No such process is alive; those that are.
    case notAlive(String, alive: [String])

    /// What is wrong and what to do about it, for the user.
    public var description: String {
        switch self {
        case .noSuchFile(let path, let paths):
            "\(path): no such file; there are \(paths.joined(separator: ", "))"
                + (paths.contains { $0.contains("NAME") } ? ", where NAME is a process of the program or self" : "")
        case .noSuchGroup(let path, let group):
            "\(path): there is no memory cgroup '\(group)'; the one that memory_limit() and its like make is 'program', and its files are in "
                + "/sys/fs/cgroup/program and /sys/fs/cgroup/memory/program"
        case .noSuchCache(let path, let names):
            "\(path): no such slab cache; there are \(names.joined(separator: ", "))"
        case .notModelled(let path, let reason): "\(path): not modelled: \(reason)"
        case .notAlive(let name, let alive):
            "the process '\(name)' is not alive; alive then: \(alive.joined(separator: ", "))"
        }
    }
}
