import FaultlineScenario
import Testing

/// What the simulator refuses rather than answer wrongly.
@Suite struct ExecutionFailureTests {
    private func failure(of source: String) throws -> String? {
        let runner = try ScenarioSession(try Parser.parse(source), on: try SimulatorExecutor())
        do {
            _ = try runner.run()
            return nil
        } catch { return "\(error)" }
    }

    @Test("another instruction than RET is refused, with what is there")
    func notReturn() throws {
        let map = "mmap(W, 4K, PROT_READ|PROT_WRITE|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
        let text = try #require(try failure(of: map + "store(W, 0x90)\nexec(W)\n"))
        #expect(text.contains("exec(0x100000000000): the instruction there is not RET (0xc3) but begins with 0x90"))
        #expect(try failure(of: map + "store(W, 0xc3)\nexec(W)\n") == nil)
    }

    @Test("an option of prctl that has nothing to do with memory is refused; one that nobody knows is EINVAL")
    func otherOptions() throws {
        for option in [1, 3, 30, 38, 0x4155_5856] {
            let text = try #require(try failure(of: "prctl(\(option), 0)"))
            #expect(text.contains("prctl(\(option)): of prctl the simulator has the options that concern memory only"))
        }
        for option in [0, 5, 66, 999, 0x5356_4d41] { #expect(try failure(of: "prctl(\(option), 0)") == nil) }
    }
}
