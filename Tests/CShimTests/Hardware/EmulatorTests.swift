import CShim
import Foundation
import Testing

/// The walker against emulators, which do not depend on the processor of this host.
@Suite(.serialized)
struct EmulatorTests {
    /// Bochs opens a network port for its display, so that only the long check, which names a number of accesses, starts it.
    private static let kinds: [Emulator.Kind] = {
        let isLong = ProcessInfo.processInfo.environment["FAULTLINE_HARDWARE_ACCESSES"] != nil
        return Emulator.Kind.allCases.filter { $0.path != nil && ($0 == .qemu || isLong) }
    }()

    private func with(_ kind: Emulator.Kind, _ body: (Emulator, fl_ram) throws -> Void) throws {
        let emulator = try #require(try Emulator(kind))
        defer { emulator.remove() }
        var ram = fl_ram()
        #expect(fl_ram_create(&ram, TableScene.frames << 12) == FL_OK)
        defer { fl_ram_destroy(&ram) }
        try body(emulator, ram)
    }

    @Test(
        "walks end as under an emulator: 1 GiB pages, SMEP, SMAP and protection keys among them",
        .enabled(if: !kinds.isEmpty, "qemu-system-x86_64 is not installed: the walker was not checked against it"),
        arguments: kinds)
    func walksEndAsEmulated(_ kind: Emulator.Kind) throws {
        try with(kind) { emulator, ram in
            let check = EmulatorCheck(emulator, try EmulatorProbe(emulator, ram: ram), ram: ram)
            let seed = try HardwareTests.number("FAULTLINE_SEED") ?? 0x5eed_0001
            let accesses = try HardwareTests.number("FAULTLINE_HARDWARE_ACCESSES") ?? 6272
            let result = try check.run(seed: seed, accesses: Int(accesses))
            print(report(check, result, seed))
            for difference in result.differences { Issue.record("\(difference)") }
            guard accesses >= 5000 else { return }
            // A check that met little of it would say little.
            let rarest = [result.gigabytePages, result.keyFaults, result.smapFaults, result.generalProtections].min()!
            #expect(rarest >= result.accesses / 500 && result.translated > result.accesses / 5)
        }
    }

    @Test(
        "walkers with planted mistakes are found out by an emulator",
        .enabled(if: !kinds.isEmpty, "no emulator is installed"))
    func plantedMistakesAreFound() throws {
        try with(EmulatorTests.kinds[0]) { emulator, ram in
            let probe = try EmulatorProbe(emulator, ram: ram)
            for mistake in MistakenWalker.Mistake.allCases {
                let check = EmulatorCheck(emulator, probe, ram: ram, mistake: mistake)
                #expect(try !check.run(seed: 1, accesses: 1792).differences.isEmpty, "\(mistake)")
            }
        }
    }

    private func report(_ check: EmulatorCheck, _ result: EmulatorCheck.Result, _ seed: UInt64) -> String {
        let f = check.features
        return """
            compared with \(check.emulator.kind.name): \(f.physicalBits) physical address bits, no-execute \(f.hasNX), \
            1 GiB pages \(f.hasGigabytePages), SMEP \(f.hasSMEP), SMAP \(f.hasSMAP), protection keys \(f.hasKeys)
            \(check.deviations.lines.joined(separator: "\n"))
            emulator check, seed 0x\(String(seed, radix: 16)): \(result.accesses) accesses, \
            \(result.translated) translated (\(result.gigabytePages) by 1 GiB pages), \(result.pageFaults) #PF \
            (\(result.keyFaults) by keys, \(result.smapFaults) of the supervisor under SMAP), \
            \(result.generalProtections) #GP, \(result.differences.count) differences; \
            \(result.madeWithoutKeys) accesses left out with protection keys, and made without
            """
    }
}
