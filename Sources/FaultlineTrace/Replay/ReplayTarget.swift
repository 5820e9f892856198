import Faultline
import FaultlineInspect

/// One TLB that a trace is replayed with, and the machine around it.
final class ReplayTarget {
    let name: String
    let geometry: TLBGeometry
    private let memory: Memory
    /// The machine's process of each process of the trace, in the order of their first accesses.
    private var processes: [Int] = []
    private let maps: ProcessDescription?
    /// What became of each access of the last block.
    private var made: [UInt64]
    /// Misses by page and by instruction.
    var pages = MissTable()
    var sites = MissTable()

    private enum Memory {
        case kernel(Machine)
        case fixed(FixedMapping)
    }

    init(_ name: String, _ geometry: TLBGeometry, _ options: ReplayOptions) throws {
        self.name = name
        self.geometry = geometry
        maps = options.maps
        made = [UInt64](repeating: 0, count: options.top > 0 ? TraceStream.mostAccesses : 0)
        switch options.mapping {
        case .fixed: memory = .fixed(try FixedMapping(tlb: geometry))
        case .demand:
            var settings = KernelSettings()
            // Areas that are made as needed may be many.
            settings.maxMapCount = Int(Int32.max)
            let machine = try Machine(ramBytes: options.ramBytes, settings: settings, tlb: geometry)
            machine.listensForRefusals = true
            memory = .kernel(machine)
        }
    }

    /// A process more.
    func addProcess() throws {
        switch memory {
        case .kernel(let machine):
            let space =
                maps?.space
                ?? InitialAddressSpace(
                    regions: [], mmapBase: AddressSpaceLimit.taskSize - 4096, startBrk: 1 << 16,
                    startStack: AddressSpaceLimit.taskSize - 8, touched: [])
            do { processes.append(try machine.startProcess(space).index) } catch {
                throw TraceError(nil, "no address space for a process of the trace: \(error); give --ram more")
            }
        case .fixed(let mapping): processes.append(try mapping.addProcess())
        }
    }

    /// Maps the block of 2 MiB of a process, where areas are made as they are needed; what cannot be mapped faults then.
    func makeArea(_ process: Int, block: UInt64) {
        guard case .kernel(let machine) = memory else { return }
        let start = max(block << 21, 1 << 16)
        let end = min((block + 1) << 21, AddressSpaceLimit.taskSize)
        guard start < end else { return }
        _ = try? machine.mmap(
            ProcessID(processes[process]), at: start, length: end - start, protection: [.read, .write, .execute],
            flags: [.private, .anonymous, .fixed, .noReserve])
    }

    /// Maps a page of a fixed mapping.
    func makePage(_ process: Int, at address: UInt64, isLarge: Bool) throws(TraceError) {
        guard case .fixed(let mapping) = memory else { return }
        do { try mapping.map(processes[process], at: address, isLarge: isLarge) } catch {
            throw TraceError(nil, "the trace touches more memory than 8 GiB of page tables map")
        }
    }

    /// Makes accesses of a process up to the first that is refused, and says why.
    ///
    /// - Parameter start: the first; then the one that was refused, or the end.
    func replay(
        _ process: Int, _ accesses: [TraceWord], from start: inout Int, to end: Int
    ) throws -> AccessFault? {
        let index = processes[process]
        let first = start
        let progress = try accesses.withUnsafeBufferPointer { all in
            // SAFETY: both are one UInt64 of the same meaning; there are no markers among them. `made` has room for a block, or none.
            try all.baseAddress!.advanced(by: first).withMemoryRebound(to: MemoryAccess.self, capacity: end - first) {
                words in
                let run = UnsafeBufferPointer(start: words, count: end - first)
                guard !made.isEmpty else { return try replay(index, run, nil) }
                return try made.withUnsafeMutableBufferPointer { room in
                    try room.baseAddress!.advanced(by: first).withMemoryRebound(
                        to: MadeAccess.self, capacity: end - first
                    ) {
                        try replay(index, run, UnsafeMutableBufferPointer(start: $0, count: end - first))
                    }
                }
            }
        }
        start = first + progress.made
        return progress.fault
    }

    private func replay(
        _ process: Int, _ run: UnsafeBufferPointer<MemoryAccess>, _ results: UnsafeMutableBufferPointer<MadeAccess>?
    ) throws -> AccessProgress {
        switch memory {
        case .kernel(let machine): try machine.access(ProcessID(process), run, results: results)
        case .fixed(let mapping): mapping.access(process, run, results: results)
        }
    }

    /// An access was refused, and is left out: it is no miss.
    func skip(_ index: Int) {
        if !made.isEmpty { made[index] = 0 }
    }

    /// Calls for each access of the last block that walked.
    @inline(__always)
    func forEachMiss(in range: Range<Int>, _ body: (Int) -> Void) {
        let made = made
        // Most groups have none, which one look at all of them tells.
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start + 32, range.upperBound)
            let isAny = made.withUnsafeBufferPointer { all in
                UnsafeBufferPointer(rebasing: all[start..<end]).reduce(0) { $0 | $1 } >= MadeAccess.leastWalk
            }
            if isAny {
                for index in start..<end where made[index] >= MadeAccess.leastWalk { body(index) }
            }
            start = end
        }
    }

    /// The rule by which the kernel refused the last access.
    var refusal: String? {
        guard case .kernel(let machine) = memory else { return nil }
        return machine.takeRefusal()?.text
    }

    var statistics: TLBStatistics {
        switch memory {
        case .kernel(let machine): machine.tlbStatistics
        case .fixed(let mapping): mapping.tlbStatistics
        }
    }

    /// Page faults, minor and major, of a process, and its resident bytes; nil without a kernel.
    func kernelFigures(_ process: Int) throws -> TraceReport.Process.Kernel? {
        guard case .kernel(let machine) = memory else { return nil }
        let id = ProcessID(processes[process])
        let faults = try machine.faultCounts(id)
        let totals = try machine.totals(id)
        return TraceReport.Process.Kernel(
            minorFaults: faults.minor, majorFaults: faults.major, residentBytes: UInt64(totals.rss) << 10,
            tableBytes: UInt64(totals.pageTables) << 10)
    }
}
