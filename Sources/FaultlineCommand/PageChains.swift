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

    /// The same as a graph, a line each.
    ///
    /// - Throws: `ValidationError` for a page that names no process or no address, or where no frame is.
    func graph() throws -> [String] {
        var graph = ReverseMapGraph { [executor] in executor.processName($0) }
        if pages.isEmpty {
            for (_, map) in try everything() { graph.add(map) }
        }
        for page in pages {
            let location = try place(of: page)
            guard let map = try executor.machine.reverseMap(location.process, location.address) else {
                throw ValidationError(
                    "--page \(page): no frame is mapped there; without --dot the command says what is")
            }
            graph.add(map)
        }
        return graph.text.split(separator: "\n").map(String.init)
    }

    private func everything(_ reader: ReverseMapReader) throws -> [String] {
        let texts = try everything().map { "\($0.place): \(reader.text($0.map))" }
        return texts.isEmpty ? ["no page is mapped"] : texts
    }

    /// Every frame that is mapped, with the first place that it has.
    private func everything() throws -> [(place: String, map: ReverseMapSnapshot)] {
        var shown: Set<PFN> = []
        var maps: [(place: String, map: ReverseMapSnapshot)] = []
        for process in try executor.observe() {
            guard let index = executor.index(ofProcess: process.name) else { continue }
            for page in process.vmas.flatMap(\.pages) {
                guard let map = try executor.machine.reverseMap(index, page.address), shown.insert(map.frame).inserted
                else { continue }
                maps.append(("\(process.name):0x\(String(page.address, radix: 16))", map))
            }
        }
        return maps
    }

    private func place(of page: String) throws -> ScenarioLocation {
        do { return try session.location(page) } catch { throw ValidationError("--page \(page): \(error)") }
    }

    private func chain(of page: String, _ reader: ReverseMapReader) throws -> String {
        let location = try place(of: page)
        let (process, address) = (location.process, location.address)
        if let map = try executor.machine.reverseMap(process, address) { return "\(page): \(reader.text(map))" }
        let snapshot = try executor.machine.snapshot(process) { $0 <= address && address < $1 }
        return "\(page): no frame: \(reader.absence(in: snapshot, at: address))"
    }
}
