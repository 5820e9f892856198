import Faultline
import Foundation
import Testing

@testable import FaultlineScenario

/// Random programs that need more memory than their machine has: every byte that is read again is the one that was written last, and
/// the machine's state stays whole.
///
/// `FAULTLINE_PRESSURE_STATEMENTS` says how many statements a seed makes, 250 where it is not set; `FAULTLINE_SEED` the first seed.
struct PressureFuzzTests {
    private static func number(_ name: String, _ otherwise: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? otherwise
    }

    /// Parts of the memory: private and anonymous, of a memory file, of a disk file. Together they are twice the machine's.
    private static let parts: [(address: String, pages: Int)] = [("W", 4096), ("W+32M", 1024), ("W+64M", 2048)]

    private static let beginning = """
        f = disk_file(8M)
        g = memfd_create("m", 0)
        ftruncate(g, 4M)
        mmap(W, 16M, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(W+32M, 4M, 3, MAP_SHARED|MAP_FIXED, g, 0)
        mmap(W+64M, 8M, 3, MAP_SHARED|MAP_FIXED, f, 0)

        """

    /// A program that knows what each page's first byte is.
    private struct RandomProgram {
        var random: SplitMix64
        var bytes = PressureFuzzTests.parts.enumerated().map { index, part in
            // Byte i of a disk file is in page i, from 0, (i & 127) + 1.
            (0..<part.pages).map { index == 2 ? ($0 & 127) + 1 : 0 }
        }
        var text = PressureFuzzTests.beginning

        mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

        mutating func step() {
            let part = below(3)
            let pages = PressureFuzzTests.parts[part].pages
            let page = below(4) == 0 ? below(pages) : below(pages / 4)
            let place = "\(PressureFuzzTests.parts[part].address)+\(page * 4)K"
            let length = min(1 << below(8), pages - page)
            switch below(24) {
            case 0..<9:
                bytes[part][page] = below(256)
                text += "store(\(place), \(bytes[part][page]))\n"
            case 9..<17: text += "load(\(place)) => \(bytes[part][page])\n"
            case 17, 18: text += "read_pages(\(place), \(length * 4)K)\n"
            case 19: text += "madvise(\(place), \(length * 4)K, MADV_PAGEOUT)\n"
            case 20: text += "madvise(\(place), \(length * 4)K, MADV_COLD)\n"
            case 21:
                text += "madvise(\(place), \(length * 4)K, MADV_DONTNEED)\n"
                if part == 0 { for index in page..<page + length { bytes[part][index] = 0 } }
            case 22: text += "msync(W+64M, 8M, MS_SYNC)\n"
            default:
                // The child has what there was; it reads one byte and goes.
                text += "c = fork()\nc: load(\(place)) => \(bytes[part][page])\nc: exit(0)\n"
            }
        }
    }

    @Test("no byte is lost, whatever goes out and comes back", arguments: [("64M", 1), ("64M, \"zram\"", 2)])
    func nothingIsLost(area: String, offset: Int) throws {
        let seed = UInt64(Self.number("FAULTLINE_SEED", 1) + offset)
        var made = RandomProgram(random: SplitMix64(seed: seed))
        for _ in 0..<Self.number("FAULTLINE_PRESSURE_STATEMENTS", 400) { made.step() }
        let executor = try SimulatorExecutor(ramBytes: 16 << 20)
        executor.selfCheck = .spread
        let program = try Parser.parse("swapon(\(area))\n" + made.text)
        let run = try ScenarioSession(program, on: executor).run()
        let failed = run.failedExpectations.map {
            "seed \(seed), line \($0.statement.line): \($0.statement.source): \($0.expectationFailure ?? "")"
        }
        #expect(failed.prefix(3) == [])
        let report = try PressureReport(executor)
        #expect(report.killed.isEmpty, "seed \(seed)")
        #expect(report.swappedOut > 0, "seed \(seed)")
    }
}
