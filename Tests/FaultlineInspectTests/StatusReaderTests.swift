import Faultline
import FaultlineInspect
import Foundation
import Testing

@Suite("The lines of /proc/PID/status")
struct StatusReaderTests {
    private func figures(_ text: String) -> [String: Int] {
        let pairs = text.split(separator: "\n").map { line -> (String, Int) in
            let parts = line.split(separator: ":")
            return (String(parts[0]), Int(parts[1].filter(\.isNumber)) ?? -1)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test("names, order and columns are those of the kernel of this machine")
    func format() throws {
        let live = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
        let lines = live.filter { $0.hasPrefix("Vm") || $0.hasPrefix("Rss") || $0.hasPrefix("Hugetlb") }
        func shape(_ line: Substring) -> String {
            let name = line.prefix { $0 != ":" }
            let rest = line.dropFirst(name.count)
            // The columns grow with figures of more than eight digits, such as the peak of a process that had large machines.
            let width = rest.count { $0.isNumber } > 8 ? 13 : rest.count
            return "\(name) \(rest.hasPrefix(":\t")) \(width) \(rest.suffix(3))"
        }
        let machine = try Machine()
        let process = try machine.start()
        let text = StatusReader.text(try machine.totals(process))
        #expect(text.split(separator: "\n").map(shape) == lines.map(shape))
    }

    @Test("the figures are those of the process, the peaks what they once were")
    func values() throws {
        let machine = try Machine()
        let process = try machine.start()
        let before = try machine.totals(process)
        let address = try machine.mmap(process, 0, 64 << 12, prot: 3, flags: 0x22)
        for page in 0..<10 as Range<UInt64> { _ = try machine.store(process, address + page << 12, 1) }
        let child = try machine.fork(process)
        var totals = try machine.totals(process)
        #expect(totals.size - before.size == 256 && totals.vmaCount == before.vmaCount + 1)
        #expect(totals.rss - before.rss == 40 && totals.anonymous - before.anonymous == 40)
        #expect(totals.rss == totals.anonymous + totals.file + totals.shmem)
        #expect(totals.pss < totals.rss)
        try machine.munmap(process, address, 32 << 12)
        totals = try machine.totals(process)
        let text = figures(StatusReader.text(totals))
        #expect(text["VmPeak"] == before.size + 256 && text["VmSize"] == before.size + 128)
        #expect(text["VmHWM"] == before.rss + 40 && text["VmRSS"] == before.rss)
        let inherited = try machine.totals(child)
        #expect(text["VmExe"] == 4 && text["VmLib"] == inherited.libraries)
        // The peaks of a child begin with what it was given.
        #expect(inherited.peakSize == before.size + 256)
        // A mapping that moves does not count twice.
        let moved = try machine.mremap(process, address + 32 << 12, 32 << 12, 32 << 12, flags: 3, new: 0x1000_0000_0000)
        let peak = try machine.totals(process).peakSize
        #expect(moved == 0x1000_0000_0000 && peak == before.size + 256)
    }
}
