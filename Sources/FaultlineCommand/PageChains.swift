import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// The chains of pages at the present place of a session.
struct PageChains {
    /// The pages as the user names them; none for all.
    let pages: [String]
    let session: ScenarioSession
    /// What the session runs on.
    let executor: SimulatorExecutor

    /// What is shown, a line each.
    ///
    /// - Throws: `ValidationError` for a page that names no process or no address.
    func lines() throws -> [String] {
        let reader = ReverseMapReader { [executor] in executor.processName($0) }
        return try (pages.isEmpty ? everything(reader) : pages.map { try chain(of: $0, reader) })
            .flatMap { $0.split(separator: "\n").map(String.init) }
    }

    private func everything(_ reader: ReverseMapReader) throws -> [String] {
        var shown: Set<PFN> = []
        var texts: [String] = []
        for process in try executor.observe() {
            guard let index = executor.index(ofProcess: process.name) else { continue }
            for page in process.vmas.flatMap(\.pages) {
                guard let map = try executor.machine.reverseMap(index, page.address), shown.insert(map.frame).inserted
                else { continue }
                texts.append("\(process.name):0x\(String(page.address, radix: 16)): \(reader.text(map))")
            }
        }
        return texts.isEmpty ? ["no page is mapped"] : texts
    }

    private func chain(of page: String, _ reader: ReverseMapReader) throws -> String {
        let location: ScenarioLocation
        do { location = try session.location(page) } catch { throw ValidationError("--page \(page): \(error)") }
        let (process, address) = (location.process, location.address)
        if let map = try executor.machine.reverseMap(process, address) { return "\(page): \(reader.text(map))" }
        let snapshot = try executor.machine.snapshot(process) { $0 <= address && address < $1 }
        return "\(page): no frame: \(reader.absence(in: snapshot, at: address))"
    }
}
