import Faultline
import FaultlineInspect
import FaultlineScenario
import Testing

@testable import FaultlineHost

/// The files of /proc that tell of the whole machine, beside those of the live kernel. Their figures are this machine's; what must agree
/// is their form: which lines there are, in which order, how they are laid out.
@Suite("Files of the whole machine", .enabled(if: LiveKernel.isTheRecordedOne, "needs root and Linux 6.18.44"))
struct SystemFilesLiveTests {
    private static let program = """
        p = mmap(W, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        write_pages(p, 64K, 7)
        c = fork()
        c: store(p, 8)
        """

    /// A file of both machines, and what the simulated one leaves out.
    private func texts(_ path: String, chargingKernelObjects charges: Bool = false) throws -> (
        live: [Substring], simulated: [Substring], leftOut: [String]
    ) {
        let live = String(decoding: try HostFile(path).contents(), as: UTF8.self)
        var settings = HostKernel.settings
        settings.chargesKernelObjects = charges
        let executor = try SimulatorExecutor(settings: settings)
        try ScenarioSession(try Parser.parse(Self.program), on: executor).run()
        guard
            case .text(let made, let leftOut) = try ProcFiles(
                executor.machine, processName: { executor.processName($0) }
            )
            .read(path)
        else { throw ProcFileError.noSuchFile(path, []) }
        return (live.split(separator: "\n"), made.split(separator: "\n"), leftOut)
    }

    /// A line with `#` for each number and the spaces before it: its form, but for the width of numbers.
    private func form(_ line: some StringProtocol) -> String {
        String(line).replacing(/[ \t]*-?\b[0-9]+\b/, with: "#")
    }

    /// Whether lines stand among others in the same order.
    private func isPart(_ part: [String], of whole: [String]) -> Bool {
        var rest = whole[...]
        for line in part {
            guard let place = rest.firstIndex(of: line) else { return false }
            rest = rest[(place + 1)...]
        }
        return true
    }

    @Test("meminfo has the kernel's lines in its order; those that are left out are named, each of them")
    func meminfo() throws {
        let (live, simulated, leftOut) = try texts("/proc/meminfo")
        let name = { (line: Substring) in String(line.prefix { $0 != ":" }) }
        #expect(simulated.map(name) == live.map(name).filter { !leftOut.contains($0) })
        #expect(Set(leftOut) == Set(live.map(name)).subtracting(simulated.map(name)))
        // What is the same on both machines is the same to the byte: no swap, no pool of huge pages (of which a kernel may have lost some
        // until it boots again).
        let hasPool = !live.contains { name($0) == "HugePages_Total" && $0.hasSuffix(" 0") }
        let steady = ["SwapTotal", "HugePages_Total", "Hugepagesize", "VmallocTotal", "NFS_Unstable", "Bounce"]
        for prefix in steady where live.contains(where: { name($0) == "SwapTotal" && $0.hasSuffix(" 0 kB") }) {
            if hasPool, prefix == "HugePages_Total" { continue }
            #expect(simulated.first { name($0) == prefix } == live.first { name($0) == prefix })
        }
        // Widths: a figure ends in the same column as long as it has no more digits than fit.
        #expect(Set(simulated.filter { $0.hasSuffix(" kB") && !$0.hasPrefix("Vmalloc") }.map(\.count)) == [27])
        #expect(Set(live.filter { $0.hasSuffix(" kB") && !$0.hasPrefix("Vmalloc") }.map(\.count)) == [27])
    }

    @Test("vmstat has counters of the kernel's, in its order", arguments: [false, true])
    func vmstat(_ charges: Bool) throws {
        let (live, simulated, leftOut) = try texts("/proc/vmstat", chargingKernelObjects: charges)
        #expect(leftOut.contains("nr_slab_reclaimable") != charges)
        #expect(isPart(simulated.map(form), of: live.map(form)))
        #expect(simulated.count > 10)
    }

    @Test("a node's files have the kernel's lines, in its order")
    func nodes() throws {
        let stat = try texts("/sys/devices/system/node/node0/numastat")
        #expect(stat.simulated.map(form) == stat.live.map(form))
        let counters = try texts("/sys/devices/system/node/node0/vmstat")
        let name = { (line: Substring) in String(line.prefix { $0 != " " }) }
        #expect(isPart(counters.simulated.map(name), of: counters.live.map(name)))
        #expect(counters.simulated.count > 50)
    }

    @Test("zoneinfo has lines of the kernel's, in its order, for each zone")
    func zoneinfo() throws {
        let (live, simulated, _) = try texts("/proc/zoneinfo")
        // A zone's line begins with "Node"; those without pages have fewer lines.
        func zones(_ lines: [Substring]) -> [String: [String]] {
            var zones: [String: [String]] = [:]
            var name = ""
            for line in lines {
                if line.hasPrefix("Node") { name = String(line) }
                zones[name, default: []].append(form(line))
            }
            return zones
        }
        let (theirs, ours) = (zones(live), zones(simulated))
        let common = ours.filter { theirs[$0.key]?.contains { $0.contains("pagesets") } == true }
        #expect(common.count >= 2)
        for (zone, lines) in common { #expect(isPart(lines, of: theirs[zone] ?? []), "\(zone)") }
    }

    @Test("buddyinfo and pagetypeinfo have the kernel's lines", arguments: ["buddyinfo", "pagetypeinfo"])
    func freeBlocks(_ file: String) throws {
        let (live, simulated, leftOut) = try texts("/proc/" + file)
        #expect(leftOut.isEmpty)
        // Lines of zones that only one of the machines has are left out.
        let zone = { (line: Substring) in line.firstMatch(of: /zone +(\w+)/).map { String($0.1) } }
        let common = Set(live.compactMap(zone)).intersection(simulated.compactMap(zone))
        #expect(common.count >= 2)
        let shown = { (lines: [Substring]) in
            lines.filter { line in zone(line).map { common.contains($0) } ?? true }.map(form)
        }
        #expect(shown(simulated) == shown(live))
        // Columns are 6 wide in both, and a space stands at the end.
        for line in simulated + live where line.contains("zone") && !line.hasPrefix("Number") {
            #expect(line.hasSuffix(" "))
        }
    }

    @Test("without a swap area, swaps has its header alone, as the kernel's has", .enabled(if: SwapArea.isAbsent))
    func swaps() throws {
        let (live, simulated, _) = try texts("/proc/swaps")
        // Another program may have switched an area on by now.
        #expect(simulated.count == 1 && simulated.first == live.first)
    }

    @Test(
        "the settings of huge pages are those that the kernel was recorded with",
        arguments: ["enabled", "shmem_enabled", "hpage_pmd_size"])
    func hugePageSettings(_ name: String) throws {
        let (live, simulated, _) = try texts("/sys/kernel/mm/transparent_hugepage/" + name)
        if name != "hpage_pmd_size" {
            // Somebody may have chosen another word here; the choices are the kernel's.
            let words = { (lines: [Substring]) in lines.map { $0.filter { !"[]".contains($0) } } }
            #expect(words(simulated) == words(live))
        } else {
            #expect(simulated == live)
        }
    }

    /// Whether this machine has no swap area.
    private enum SwapArea {
        static let isAbsent =
            (try? HostFile("/proc/swaps").contents()).map { $0.count { $0 == UInt8(ascii: "\n") } == 1 } ?? false
    }
}
