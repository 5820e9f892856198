import Faultline
import Testing

@testable import FaultlineScenario

/// What the processor has, in recordings and programs.
struct ProcessorTests {
    private func recording(_ source: String, keys: Bool) throws -> Recording {
        var settings = KernelSettings()
        settings.cpu.protectionKeys = keys
        let runner = try ScenarioSession(try Parser.parse(source), on: try SimulatorExecutor(settings: settings))
        return try runner.run().recording
    }

    @Test("a recording has a line `cpu` where the processor has features, and is read back with them")
    func head() throws {
        let with = try recording("rdpkru()\n", keys: true)
        #expect(with.text.hasPrefix("kernel \(modelledKernel)\ncpu pku\ninitial "))
        #expect(try Recording.parse(with.text) == with)
        let without = try recording("rdpkru()\n", keys: false)
        #expect(!without.text.contains("\ncpu"))
        #expect(without.cpu == CPUSettings())
        #expect(without.text.contains("\n1 SIGILL ILL_ILLOPN at 0\n"))
    }

    @Test("smaps has the key of a VMA where it is not 0")
    func figure() throws {
        let source = "mmap(W, 4K, PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        #expect(try recording(source, keys: true).text.contains("| ex mr mw me\n      ProtectionKey=1\n"))
        #expect(try !recording(source, keys: false).text.contains("ProtectionKey"))
    }

    @Test(
        "wrpkru leaves key 0 open, whether the value is known beforehand or not",
        arguments: ["wrpkru(1)\n", "x = brk(0)\nwrpkru(x - x + 2)\n"])
    func keyZero(source: String) {
        let error = #expect(throws: ScenarioError.self) { try recording(source, keys: true) }
        #expect(error?.diagnostics.first?.message.contains("bits 0 and 1 must be 0") == true)
    }

    @Test(
        "a feature that is unknown or has no value is reported with the rule",
        arguments: [
            ("pku", "FEATURE=on"), ("pku=1", "FEATURE=on"), ("smap=on", "there are pku"), ("", "FEATURE=on"),
            ("xstate=400", "576 to 16384"), ("xstate=577", "a multiple of 8"), ("xstate=much", "576 to 16384"),
        ])
    func badFeature(_ text: String, _ rule: String) {
        var cpu = CPUSettings()
        let error = #expect(throws: SettingError.self) { try cpu.set(text) }
        #expect(error?.rule.contains(rule) == true && error?.setting == text)
    }
}
