import Faultline

/// A described process, forked on a simulated machine, whose child then writes to all private pages that are there.
struct ForkExperiment {
    /// What came of one VMA.
    struct Outcome {
        var action: ForkForecast.Action
        /// The child's entries as fork returns.
        var childPages: [PageView] = []
        var writeProtected = 0
        var isCharged = false
        var pageCount = 0
        var writeFaults = 0
        var flags = ""
    }

    /// The parent before, and the child as fork returns.
    let before, child: ProcessView
    /// By VMA, in the order of the description.
    private(set) var outcomes: [Outcome]

    init(_ process: ProcessDescription) throws {
        // Overcommitment is looked at by itself: here it must not stand in the way.
        var settings = KernelSettings()
        settings.overcommitMode = 1
        settings.maxMapCount = .max
        let space = process.populatedSpace
        let machine = try Machine(ramBytes: Self.ramBytes(space), settings: settings)
        let parent = try machine.start(space)
        before = try machine.snapshot(parent)
        machine.trace(true)
        let childIndex = try machine.fork(parent)
        let actions = Self.actions(machine.takeEvents())
        machine.trace(false)
        child = try machine.snapshot(childIndex)
        let after = try machine.snapshot(parent)
        outcomes = []
        var childVMAs = child.vmas[...]
        for index in before.vmas.indices {
            let vma = before.vmas[index]
            var outcome = Outcome(action: actions[vma.start] ?? .refilled, flags: vma.flags)
            if let first = childVMAs.first, first.start == vma.start {
                childVMAs.removeFirst()
                outcome.childPages = first.pages
                outcome.isCharged = first.flags.split(separator: " ").contains("ac")
            }
            outcome.pageCount = Int((vma.end - vma.start) >> 12)
            outcome.writeProtected = zip(vma.pages, after.vmas[index].pages).count { $0.isWritable && !$1.isWritable }
            if outcome.action != .leftOut, vma.permissions.hasPrefix("rw") || vma.permissions.hasPrefix("-w"),
                vma.permissions.hasSuffix("p")
            {
                outcome.writeFaults = try Self.write(machine, childIndex, vma.pages)
            }
            outcomes.append(outcome)
        }
    }

    /// Writes to pages; returns the faults that it took.
    private static func write(_ machine: Machine, _ process: Int, _ pages: [PageView]) throws -> Int {
        let before = try machine.faultCounts(process)
        for page in pages where page.content != .guardMarker { _ = try machine.touchForWriting(process, page.address) }
        let after = try machine.faultCounts(process)
        return Int(after.minor - before.minor + after.major - before.major)
    }

    /// What the machine says that it did with each VMA, by start.
    private static func actions(_ events: [Event]) -> [UInt64: ForkForecast.Action] {
        var actions: [UInt64: ForkForecast.Action] = [:]
        for event in events where event.kind == .pageRangeCopied {
            switch event.reason {
            case .forkLeavesOut: actions[event.address] = .leftOut
            case .forkWipes: actions[event.address] = .wiped
            case .forkRefills: actions[event.address] = .refilled
            default: actions[event.address] = .copied
            }
        }
        return actions
    }

    /// Room for the pages, for copies of all of them, and for the tables of both sides.
    private static func ramBytes(_ space: InitialAddressSpace) throws(Errno) -> UInt64 {
        var pages: UInt64 = 0
        for run in space.regions.flatMap(\.pages) { pages += run.count + run.count / 64 + 4 }
        if pages > 1 << 28 { throw .ENOMEM }
        return ((pages * 2 + pages / 8) << 12 + (256 << 20)) & ~((1 << 20) - 1)
    }
}

extension ForkForecast.Area {
    init(_ area: ProcessDescription.Area, _ outcome: ForkExperiment.Outcome) {
        let region = area.region
        start = "0x" + String(region.start, radix: 16)
        end = "0x" + String(region.end, radix: 16)
        permissions = region.permissions
        name = area.name
        sizeKiB = Int((region.end - region.start) >> 10)
        residentKiB =
            area.figures.isEmpty
            ? (area.pages?.count { $0.kind == .anonymous || $0.kind == .file } ?? 0) * 4 : area.kib("Rss")
        action = outcome.action
        copiedEntries = outcome.childPages.count
        writeProtectedEntries = outcome.writeProtected
        let swapped = area.pages.map { $0.count { $0.kind == .swapped } } ?? area.kib("Swap") / 4
        copiedSwapEntries = action == .copied ? swapped : 0
        committedKiB = outcome.isCharged ? sizeKiB : 0
        childWriteFaults = outcome.writeFaults
        let growth = ForkGrowth(area, action)
        growthOfChildKiB = growth.child * 4
        growthOfParentKiB = growth.parent * 4
        growthOfBothKiB = growth.both * 4
        unknown = area.unknownAtFork(action)
    }
}

extension InitialAddressSpace.Region {
    /// As maps shows them.
    var permissions: String {
        (isReadable ? "r" : "-") + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-") + (isShared ? "s" : "p")
    }
}
