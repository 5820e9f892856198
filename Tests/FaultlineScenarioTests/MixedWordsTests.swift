import Faultline
import Foundation
import Testing

@testable import FaultlineScenario

/// Random programs of one profile with words of others among them: reclaim, swap and limits come where a program does not expect them.
///
/// A failure prints the profile, the seed and the program; `FAULTLINE_SEED` starts elsewhere.
@Suite("Words of reclaim among all others")
struct MixedWordsTests {
    private static let words = [
        "memory_reclaim()", "memory_reclaim()", "drop_caches(1)", "drop_caches(3)", "swapon(8K)", "swapon(1M)",
        "swapon(4M, \"zram\")", "swapoff()", "memory_limit(8M)", "memory_limit(1M)", "memory_swappiness(200)",
        "memory_swappiness(0)", "madvise(W, 1M, MADV_PAGEOUT)", "madvise(W, 1M, MADV_COLD)",
        "madvise(W, 1M, MADV_FREE)", "mincore(W, 1M)", "compact()", "swap_used()",
    ]
    private static let profiles: [ScenarioProfile] = [.anon, .cow, .file, .mix, .lock, .full, .swap, .reclaim, .oom]
    private static let memory: [UInt64] = [24 << 30, 256 << 20, 64 << 20, 24 << 20]

    /// The program of a seed, with a word behind about every sixth line.
    static func source(_ profile: ScenarioProfile, _ seed: UInt64) -> String {
        var random = SplitMix64(seed: seed)
        let lines = ScenarioGenerator.source(profile: profile, seed: seed).split(separator: "\n")
        return lines.reduce(into: "") { text, line in
            text += line + "\n"
            if random.below(6) == 0 { text += random.pick(words) + "\n" }
        }
    }

    @Test("keep every invariant, on machines from large to small", arguments: profiles)
    func invariantsHold(_ profile: ScenarioProfile) throws {
        let first = ProcessInfo.processInfo.environment["FAULTLINE_SEED"].flatMap { UInt64($0) } ?? 1
        for seed in first..<first + 6 {
            let source = Self.source(profile, seed)
            let executor = try SimulatorExecutor(ramBytes: Self.memory[Int(seed % 4)])
            executor.selfCheck = .everyCall
            let session = try ScenarioSession(try Parser.parse(source), on: executor)
            #expect(throws: Never.self, "FAULTLINE_SEED=\(seed), profile \(profile.rawValue):\n\(source)") {
                do { _ = try session.run() } catch ExecutionFailure.notRet {
                    // The page that was to hold the instruction was not there.
                }
            }
        }
    }
}
