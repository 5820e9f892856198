import CHost
import Foundation
import Testing

/// The walker against the processor of this host, through /dev/kvm.
@Suite(.serialized)
struct HardwareTests {
    @Test(
        "walks end as on hardware, with the same error code, CR2, accessed and dirty bits",
        .enabled(if: fl_oracle_available(), "no /dev/kvm on this host: the walker was not checked against hardware"))
    func walksEndAsOnHardware() throws {
        let seed = try HardwareTests.number("FAULTLINE_SEED") ?? 0x5eed_0001
        let accesses = try HardwareTests.number("FAULTLINE_HARDWARE_ACCESSES")
        let check = try HardwareCheck()
        check.walkers = [
            ReferenceWalker(ram: check.ram, processor: check.processor),
            CWalker(ram: check.ram, processor: check.processor),
            CTranslator(ram: check.ram, processor: check.processor),
        ]
        print(check.featureReport)
        let result = try check.run(seed: seed, accesses: Int(accesses ?? 4000))
        print(
            "hardware check, seed 0x\(String(seed, radix: 16)): \(result.accesses) accesses, "
                + "\(result.translated) translated, \(result.pageFaults) #PF, \(result.generalProtections) #GP, "
                + "\(result.differences.count) differences; "
                + "\(result.madeWithoutKeys) accesses left out with protection keys, and made without")
        for difference in result.differences { Issue.record("\(difference)") }
        // A check that only faults, or never does, would check little.
        #expect(result.translated > result.accesses / 5)
        #expect(result.pageFaults > result.accesses / 5)
    }

    @Test(
        "a walker with a planted mistake is found out", .enabled(if: fl_oracle_available(), "no /dev/kvm on this host"),
        arguments: MistakenWalker.Mistake.allCases)
    func plantedMistakeIsFound(_ mistake: MistakenWalker.Mistake) throws {
        let check = try HardwareCheck()
        if mistake == .ignoresSMEP && !check.features.enforces_smep { return }
        if mistake == .ignoresKeys && !check.checksKeys { return }
        if (mistake == .ignoresSMAP || mistake == .ignoresAC) && !check.features.enforces_smap { return }
        check.walkers = [MistakenWalker(mistake: mistake, ram: check.ram, processor: check.processor)]
        #expect(try !check.run(seed: 1, accesses: 1500).differences.isEmpty)
    }

    /// A number from the environment.
    static func number(_ name: String) throws -> UInt64? {
        guard let text = ProcessInfo.processInfo.environment[name] else { return nil }
        let value = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
        let number: UInt64 = try #require(
            value, "\(name)=\(text) is not a number: give a decimal, or hexadecimal with 0x")
        return number
    }
}
