import Faultline
import Testing

@testable import FaultlineScenario

/// How often pages of a file come back in a memory cgroup that is too small for it, against counts of the live kernel (6.18.44).
struct ThrashingTests {
    enum Pattern: Sendable {
        /// Page after page, again and again.
        case cyclic
        /// Page k of the file's N as often as 1/k says, the order of places mixed.
        case zipf
        /// Two of three accesses in the first quarter, the third goes on through the whole file.
        case scan
    }

    struct Case: Sendable {
        let pages: Int
        let accesses: Int
        let pattern: Pattern
        let refaults: Int
    }

    /// 16 MiB of memory, a shared mapping with MADV_RANDOM.
    private static let limit = 16 << 20

    @Test(
        "refaults are those of the live kernel, within 5 percent",
        arguments: [
            Case(pages: 2048, accesses: 8192, pattern: .cyclic, refaults: 0),
            Case(pages: 3072, accesses: 12288, pattern: .cyclic, refaults: 0),
            Case(pages: 5120, accesses: 20480, pattern: .cyclic, refaults: 15360),
            Case(pages: 6144, accesses: 24576, pattern: .cyclic, refaults: 18432),
            Case(pages: 8192, accesses: 32768, pattern: .cyclic, refaults: 24576),
            Case(pages: 6144, accesses: 60000, pattern: .zipf, refaults: 1787),
            Case(pages: 8192, accesses: 60000, pattern: .zipf, refaults: 3008),
            Case(pages: 8192, accesses: 60000, pattern: .scan, refaults: 16656),
        ])
    func refaults(_ measured: Case) throws {
        let executor = try SimulatorExecutor(ramBytes: 1 << 30)
        let size = measured.pages * 4
        let source = """
            f = disk_file(\(size)K)
            drop_caches(1)
            mmap(W, \(size)K, PROT_READ, MAP_SHARED|MAP_FIXED, f, 0)
            madvise(W, \(size)K, MADV_RANDOM)
            memory_limit(\(Self.limit))
            """
        _ = try ScenarioSession(try Parser.parse(source), on: executor).run()
        var places = Places(measured)
        for access in 0..<measured.accesses {
            _ = try executor.machine.load(0, 0x1000_0000_0000 + UInt64(places.next(access)) << 12)
        }
        let refaults = Int(executor.machine.reclaimFigures.refaultedFile)
        #expect(abs(refaults - measured.refaults) * 20 <= measured.refaults, "\(refaults)")
    }

    /// The pages that a pattern reads, as the program drew them that was measured.
    private struct Places {
        private let measured: Case
        private var state: UInt64 = 88_172_645_463_325_252
        private var sums: [Double] = []

        init(_ measured: Case) {
            self.measured = measured
            var sum = 0.0
            for page in 0..<measured.pages {
                sum += 1 / Double(page + 1)
                sums.append(sum)
            }
        }

        /// xorshift64.
        private mutating func draw() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }

        mutating func next(_ access: Int) -> Int {
            switch measured.pattern {
            case .cyclic: return access % measured.pages
            case .scan:
                if access % 3 == 0 { return access % measured.pages }
                return Int(draw() % UInt64(measured.pages / 4))
            case .zipf:
                let value = Double(draw() >> 11) / 9_007_199_254_740_992 * (sums.last ?? 0)
                var (low, high) = (0, measured.pages - 1)
                while low < high {
                    let middle = (low + high) / 2
                    if sums[middle] < value { low = middle + 1 } else { high = middle }
                }
                return low * 7919 % measured.pages
            }
        }
    }
}
