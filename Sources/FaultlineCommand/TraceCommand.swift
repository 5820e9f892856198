import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineReport
import FaultlineTrace

/// `faultline trace`: replays a trace of addresses through TLBs.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Replay a trace of addresses through TLBs: hits, walks, faults, miss ratios.",
        discussion: """
            FILE is a trace of valgrind's lackey, of ChampSim, DynamoRIO or perf, or Faultline's own (docs/TRACES.md); - is standard input. gzip and \
            zstd are decompressed. Pages are mapped by faults of the simulated kernel. The events of a machine are another thing: see 'run \
            --trace' and 'faultline help events'.
            """)

    @Option(
        help: ArgumentHelp(
            "The trace's form (\(TraceFormat.allCases.map(\.rawValue).joined(separator: ", "))); told from its beginning if not given.",
            valueName: "form"))
    var format: TraceFormat?

    @Option(
        help: ArgumentHelp(
            "A TLB, a preset (\(TLBGeometry.presets.map(\.name).joined(separator: ", "))) or a JSON file. May be given several times: the trace is read once.",
            valueName: "preset|file"))
    var tlb: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where pages come from: demand, faults of the simulated kernel, or fixed, everything is mapped from the start.",
            valueName: "demand|fixed"))
    var map: ReplayOptions.Mapping = .demand

    @Option(
        help: ArgumentHelp(
            "Pages of a fixed mapping: 4k, 2m, or policy, 2m where --maps has a whole block of 2 MiB in private anonymous memory.",
            valueName: "4k|2m|policy"))
    var pages: ReplayOptions.PageSize = .base

    @Option(
        help: ArgumentHelp(
            "The address space of every process, a text of /proc/PID/maps; without it areas are made as they are touched.",
            valueName: "file"),
        completion: .file())
    var maps: String?

    @Option(help: ArgumentHelp("The simulated machine's RAM, such as 64M; 24G if not given.", valueName: "size"))
    var ram: String?

    @Option(
        help: ArgumentHelp(
            "What an access that the kernel refuses does: stop ends with its line, skip leaves it out and counts it.",
            valueName: "stop|skip"))
    var refused: Refused = .stop

    @Option(
        help: ArgumentHelp(
            "How many pages and instructions with the most walks are listed; 0 for none.", valueName: "n"))
    var top = 10

    @Option(
        help: ArgumentHelp(
            "Miss ratios by the TLB's size: lru, exact, or plru, from a sample of sets. May be given twice.",
            valueName: "lru|plru"))
    var curve: [CurveKind] = []

    @Option(help: ArgumentHelp("Where the random choice of sets for --curve plru begins.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Write the curves (that of lru if none was asked for) as a picture; - for standard output.",
            valueName: "out.svg"),
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Replay nothing: write the trace in Faultline's own form, 8 bytes an access; - for standard output.",
            valueName: "out"),
        completion: .file())
    var pack: String?

    @Argument(help: ArgumentHelp("The trace; - for standard input.", valueName: "file"), completion: .file())
    var file: String

    /// What becomes of a refused access.
    enum Refused: String, ExpressibleByArgument, CaseIterable {
        case stop, skip
    }

    func validate() throws {
        if map == .demand, pages != .base {
            throw ValidationError(
                "--pages \(pages.rawValue): the simulated kernel's faults map pages of 4 KiB; give --map fixed too")
        }
        if pages == .policy, maps == nil {
            throw ValidationError("--pages policy goes by the mappings of a process: give --maps FILE too")
        }
        if map == .fixed, ram != nil {
            throw ValidationError("--ram is for --map demand: a fixed mapping has no frames")
        }
        if map == .fixed, maps != nil, pages != .policy {
            throw ValidationError("--map fixed maps whatever is touched: --maps is for --pages policy there")
        }
        if top < 0 || top > 100_000 { throw ValidationError("--top \(top): give a number from 0 to 100000") }
        if pack != nil, json || svg != nil || !tlb.isEmpty || !curve.isEmpty || maps != nil {
            throw ValidationError("--pack replays nothing: leave out --json, --svg, --tlb, --curve and --maps")
        }
        if svg == "-", json {
            throw ValidationError("--json and --svg - both go to standard output: give --svg a file")
        }
    }

    func run() throws {
        let options = try options()
        let source = try TraceFile(file)
        do {
            let stream = try TraceStream(source, format: format, name: file)
            if let pack { return try TracePacking.write(stream, to: pack, skipsStrange: refused == .skip) }
            let report = try TraceReplay(options).run(stream)
            try print(report)
        } catch let error as TraceError {
            throw CommandFailure("\(file): \(error)")
        }
    }

    private func print(_ report: TraceReport) throws {
        if let svg { try OutputFile.write(Array(TraceCurvePicture.svg(report).utf8), to: svg) }
        if json { return Swift.print(try JSONText.pretty(report)) }
        if svg != "-" { Terminal.tell(report.text, as: .table) }
    }

    private func options() throws -> ReplayOptions {
        var options = ReplayOptions()
        if !tlb.isEmpty {
            options.tlbs = try tlb.map { ($0, try TLBArgument.geometry($0)) }
        }
        (options.mapping, options.pageSize) = (map, pages)
        options.maps = try maps.map { try DescribedProcess.description($0) }
        if let ram {
            guard let size = ByteCount(ram) else {
                throw ValidationError("--ram \(ram): give a number of bytes, or one with K, M, G or T, such as 64M")
            }
            options.ramBytes = size.bytes
        }
        options.skipsRefused = refused == .skip
        options.top = top
        options.curves = Set(curve)
        if svg != nil, curve.isEmpty { options.curves = [.lru] }
        options.seed = seed
        return options
    }
}

extension TraceFormat: ExpressibleByArgument {}
extension ReplayOptions.Mapping: ExpressibleByArgument {}
extension ReplayOptions.PageSize: ExpressibleByArgument {}
extension CurveKind: ExpressibleByArgument {}
