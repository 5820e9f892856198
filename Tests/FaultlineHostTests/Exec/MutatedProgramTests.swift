import Faultline
import FaultlineHost
import Testing

/// Program files with changed headers, whose fate is the live kernel's: the same maps, the same errno, or the same death.
@Suite("Mutated programs", .enabled(if: LiveKernel.startsPrograms, "needs ptrace and Linux 6.18"))
struct MutatedProgramTests {
    private static let interestingWords: [UInt64] = [
        0, 1, 0x40, 0x1000, 0x1001, 0x40_0000, 1 << 31, 1 << 32, 0x7fff_ffff_e000, 0x7fff_ffff_f000, 1 << 47, 1 << 62,
        1 << 63, .max - 4095, .max,
    ]

    /// Changes a few fields of the headers, whole or by the byte.
    private func mutated(_ random: inout SplitMix64, interpreter: String?) -> [UInt8] {
        var file = ELFFile.program(
            type: random.chance(50) ? 2 : 3, base: random.pick([0, 0x40_0000, 0x40_0000, 0x5555_5555_0000]),
            alignment: random.pick([4096, 4096, 0x20_0000]))
        if random.chance(40) { file.interpreter = interpreter }
        var bytes = file.bytes
        let headers = 64 + (file.headers.count + (file.interpreter == nil ? 0 : 1)) * 56
        for _ in 0..<1 + random.below(3) {
            if random.chance(50) {
                bytes[random.below(headers)] = random.pick([0, 1, 3, 0x7f, 0x80, 0xff, UInt8(random.below(256))])
            } else {
                let place = random.pick([24, 32] + (64..<headers).filter { $0 % 8 == 0 })
                let word = random.pick(Self.interestingWords)
                for byte in 0..<8 { bytes[place + byte] = UInt8(truncatingIfNeeded: word >> (byte * 8)) }
            }
        }
        if random.chance(10) { bytes.removeLast(random.below(bytes.count)) }
        return bytes
    }

    @Test("a thousand mutated files fare as on the live kernel", arguments: 0..<20)
    func fareAlike(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let interpreter = try ProgramImage(path: "/bin/true").program.interpreter
        var counts = (started: 0, refused: 0, died: 0, notModelled: 0)
        for number in 0..<50 {
            let bytes = mutated(&random, interpreter: interpreter)
            try StartedProgram.withFile(bytes) { path in
                let execution = Execution(path: path, arguments: ["one"], environment: ["A=1"])
                let found = try StartedProgram.outcome(StartedProgram.simulated, execution)
                let expected = try StartedProgram.outcome(StartedProgram.live, execution)
                switch found {
                case .maps: counts.started += 1
                case .refused: counts.refused += 1
                case .died: counts.died += 1
                case .notModelled: return counts.notModelled += 1
                }
                #expect(found == expected, "seed \(seed), file \(number)")
            }
        }
        #expect(counts.started > 5 && counts.refused > 2 && counts.died > 2 && counts.notModelled < 5)
    }
}
