import Faultline
import FaultlineInspect

/// Replays a trace through TLBs, block by block.
public final class TraceReplay {
    private let options: ReplayOptions
    private let targets: [ReplayTarget]
    private var curves: MissCurves
    /// The processes by the numbers that the trace gives them, in the order of their first accesses.
    private var indices: [UInt64: Int] = [:]
    private var numbers: [UInt64] = []
    private var current = 0
    /// Units that are mapped; see ``prepare(_:_:)``.
    ///
    /// Asked for every access, by one function alone: a dynamic check of exclusive access costs more than the look.
    @exclusivity(unchecked) private var recent = RecentUnits()
    private var areas: Set<UInt64> = []
    private var largeBlocks: LargeBlocks
    private var counts = TraceReport.Accesses()
    private var refused: UInt64 = 0
    /// The instruction that the next access belongs to, where nothing nearer says it.
    private var instruction: UInt64 = 0
    private var names: [(range: Range<UInt64>, name: String)]

    /// Machines that wait for a trace.
    ///
    /// - Throws: ``TraceError``, `MachineError`.
    public init(_ options: ReplayOptions) throws {
        self.options = options
        targets = try options.tlbs.map { try ReplayTarget($0.name, $0.geometry, options) }
        curves = MissCurves(options.curves, seed: options.seed)
        largeBlocks = LargeBlocks(options)
        names = (options.maps?.areas ?? []).map { ($0.region.start..<$0.region.end, $0.name) }
    }

    /// Replays all of a trace.
    ///
    /// - Returns: what was found.
    /// - Throws: ``TraceError`` with the place of the mistake or of the refused access, and what the source throws.
    public func run(_ stream: TraceStream) throws -> TraceReport {
        stream.skipsStrange = options.skipsRefused
        while try stream.next() {
            // Let go before the next block is read into the same array.
            let accesses = stream.accesses
            try stream.hasMarkers ? replayPieces(stream, accesses) : replay(stream, accesses, 0..<stream.count)
        }
        return try report(stream)
    }

    /// A block with markers: what stands between two of them is of one process.
    private func replayPieces(_ stream: TraceStream, _ accesses: [TraceWord]) throws {
        var start = 0
        for index in 0..<stream.count where accesses[index].kind == .marker {
            try replay(stream, accesses, start..<index)
            start = index + 1
            let marker = accesses[index]
            switch marker.marker {
            case .instructionPointer: instruction = marker.address
            case .process: try switchTo(marker.address & TraceWord.addressMask)
            case nil: break
            }
        }
        try replay(stream, accesses, start..<stream.count)
    }

    private func switchTo(_ number: UInt64) throws {
        if let index = indices[number] {
            current = index
            return
        }
        guard numbers.count < ProcessAddress.mostProcesses else {
            throw TraceError(nil, "the trace has more than \(ProcessAddress.mostProcesses) processes")
        }
        current = numbers.count
        indices[number] = current
        numbers.append(number)
        for target in targets { try target.addProcess() }
    }

    private func replay(_ stream: TraceStream, _ accesses: [TraceWord], _ range: Range<Int>) throws {
        if range.isEmpty { return }
        if numbers.isEmpty { try switchTo(0) }
        try prepare(accesses, range)
        for target in targets {
            var start = range.lowerBound
            while let fault = try target.replay(current, accesses, from: &start, to: range.upperBound) {
                if !options.skipsRefused || fault.signal == .killed {
                    let message = ReplayRefusal.message(
                        accesses[start], fault, target.refusal, hasMaps: options.maps != nil)
                    throw TraceError(stream.place(of: start), message)
                }
                // Each TLB refuses the same ones.
                if target === targets[0] { refused += 1 }
                target.skip(start)
                start += 1
            }
            noteMisses(target, accesses, range, hasInstructions: stream.hasInstructionPointers)
        }
        let fetches = counts.fetches
        counts.add(accesses, range)
        if !curves.isEmpty { curves.use(current, accesses, in: range) }
        if stream.hasInstructionPointers, counts.fetches != fetches,
            let last = range.last(where: { accesses[$0].kind == .execute })
        {
            instruction = accesses[last].address
        }
    }

    // MARK: What must be there before an access

    /// Makes the areas and the pages of a fixed mapping that accesses will need.
    private func prepare(_ accesses: [TraceWord], _ range: Range<Int>) throws {
        switch options.mapping {
        case .demand where options.maps != nil: return
        case .demand: forEachNewUnit(accesses, range, shift: 21) { block, _ in makeArea(block) }
        case .fixed: try forEachNewUnit(accesses, range, shift: 12) { _, address in try makePage(address) }
        }
    }

    /// Calls for each page or block that was not seen lately.
    @inline(__always)
    private func forEachNewUnit(
        _ accesses: [TraceWord], _ range: Range<Int>, shift: UInt64, _ body: (UInt64, UInt64) throws -> Void
    ) rethrows {
        let process = ProcessAddress.key(current, 0)
        var last = UInt64.max
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start + 32, range.upperBound)
            // Most accesses are near the one before: a look at all of a group tells.
            let near = (last & TraceWord.addressMask) << shift
            let far = accesses.withUnsafeBufferPointer { all in
                UnsafeBufferPointer(rebasing: all[start..<end]).reduce(0) { $0 | ($1.rawValue ^ near) }
            }
            let isNear = last != .max && (far & TraceWord.addressMask) >> shift == 0
            for index in isNear ? end..<end : start..<end {
                let unit = process | (accesses[index].rawValue & TraceWord.addressMask) >> shift
                if unit == last { continue }
                last = unit
                if !recent.remember(unit) { try body(unit, accesses[index].address) }
            }
            start = end
        }
    }

    private func makeArea(_ block: UInt64) {
        guard areas.insert(block).inserted else { return }
        for target in targets { target.makeArea(current, block: ProcessAddress.parts(block).number) }
    }

    private func makePage(_ address: UInt64) throws {
        let isLarge = largeBlocks.contains(address)
        for target in targets { try target.makePage(current, at: address, isLarge: isLarge) }
    }

    // MARK: Misses

    /// Counts the misses of accesses by page and by instruction.
    private func noteMisses(
        _ target: ReplayTarget, _ accesses: [TraceWord], _ range: Range<Int>, hasInstructions: Bool
    ) {
        guard options.top > 0 else { return }
        // The last fetch before each miss is looked for from one miss back to the one before.
        var from = range.lowerBound
        var last = instruction
        target.forEachMiss(in: range) { index in
            let access = accesses[index]
            target.pages.add(ProcessAddress.key(current, (access.rawValue & TraceWord.addressMask) >> 12), access.kind)
            if !hasInstructions { return }
            for place in stride(from: index, through: from, by: -1) where accesses[place].kind == .execute {
                last = accesses[place].address
                break
            }
            from = index + 1
            target.sites.add(ProcessAddress.key(current, last), access.kind)
        }
    }

    // MARK: The end

    private func report(_ stream: TraceStream) throws -> TraceReport {
        var accesses = counts
        accesses.crossings = stream.counts.crossings
        accesses.refused = refused + stream.counts.notCanonical
        accesses.leftOut = stream.counts.leftOut
        if accesses.all == 0, accesses.refused == 0 {
            throw TraceError(nil, "there is no access in the trace; is its form right (--format)?")
        }
        let processes = try numbers.indices.map { index in
            TraceReport.Process(number: numbers[index], kernel: try targets[0].kernelFigures(index))
        }
        return TraceReport(
            format: stream.format, mapping: options.mapping,
            pageSize: options.mapping == .fixed ? options.pageSize : .base,
            accesses: accesses, processes: processes, tlbs: targets.map { tlb($0, stream.hasInstructionPointers) },
            curves: curves.curves)
    }

    private func tlb(_ target: ReplayTarget, _ hasInstructions: Bool) -> TraceReport.TLB {
        TraceReport.TLB(
            name: target.name, reach: [TraceReport.Reach](target.geometry), statistics: target.statistics,
            pages: options.top == 0 ? nil : target.pages.top(options.top).map { row in place(row, shift: 12) },
            callSites: options.top == 0 || !hasInstructions
                ? nil : target.sites.top(options.top).map { row in place(row, shift: 0) })
    }

    private func place(_ row: MissTable.Row, shift: UInt64) -> TraceReport.Place {
        let (process, number) = ProcessAddress.parts(row.key)
        // Addresses of the kernel have their upper bits again.
        let address = TraceWord(.read, at: number << shift).address
        let area = names.first { $0.range.contains(address) }
        return TraceReport.Place(
            process: numbers[process], address: address, loads: row.reads, stores: row.writes, fetches: row.fetches,
            area: area.map {
                ($0.name.isEmpty ? "anonymous" : $0.name) + "+0x" + String(address - $0.range.lowerBound, radix: 16)
            })
    }
}
