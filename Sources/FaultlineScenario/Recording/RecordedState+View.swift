import Faultline

extension RecordedState {
    /// Numbers the observed frames in the order processes, addresses, and gathers the pages into runs.
    ///
    /// - Parameter flags: the flags of a page that are shown.
    public init(_ observed: [ProcessView], scope: StateScope, flags: PageFlags = .always) {
        var numbering = FrameNumbering()
        processes = observed.map { process in
            RecordedProcess(
                name: process.name, pgtablesKiB: process.pageTablesKiB, lockedKiB: process.lockedKiB,
                pinnedKiB: process.pinnedKiB, sharedWith: process.sharedWith,
                vmas: process.vmas.filter { scope.shows(start: $0.start, end: $0.end) }.map {
                    RecordedVMA($0, scope: scope, flags: flags, numbering: &numbering)
                })
        }
    }
}

/// Numbers for frames, in the order in which they are first asked for.
struct FrameNumbering {
    private var numbers: [UInt64: Int] = [:]

    mutating func number(of frame: UInt64) -> Int {
        if let number = numbers[frame] { return number }
        numbers[frame] = numbers.count
        return numbers.count - 1
    }
}

extension RecordedVMA {
    fileprivate init(
        _ vma: VMAView, scope: StateScope, flags: PageFlags, numbering: inout FrameNumbering
    ) {
        start = vma.start
        end = vma.end
        permissions = vma.permissions
        offset = vma.offset
        name = vma.name.isEmpty ? "-" : vma.escapedName
        vmFlags = vma.flags
        policy = vma.policy?.split(separator: " ").first.map(String.init)
        figures = vma.figures
        runs = []
        guard scope.listsPages(start: vma.start, end: vma.end) else { return }
        for page in vma.pages {
            var next = PageRun(page, numbering: &numbering)
            next.flags.formIntersection(flags)
            if let last = runs.last, last.isFollowed(by: next) {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(next)
            }
        }
    }
}

extension PageRun {
    fileprivate init(_ page: PageView, numbering: inout FrameNumbering) {
        switch page.content {
        case .zeroPage: self.init(address: page.address, frame: .zero, isWriteProtected: page.isWriteProtected)
        case .userfaultMarker: self.init(address: page.address, frame: .marker, isWriteProtected: true)
        case .poisonMarker: self.init(address: page.address, frame: .poison)
        // pagemap has bit 62, swap, for a guard marker too, and the recordings show it so.
        case .swapped(nil), .guardMarker: self.init(address: page.address, frame: .swap)
        case .swapped(let slot?):
            self.init(
                address: page.address, frame: .slot(slot), isWriteProtected: page.isWriteProtected)
        case .frame(let identity):
            self.init(
                address: page.address, count: 1, frame: .number(numbering.number(of: identity)), isFile: page.isFile,
                isExclusive: page.isExclusive, isWriteProtected: page.isWriteProtected, mapCount: page.mapCount,
                flags: page.flags)
        }
    }

    /// A run of zero pages, swap entries or guard markers.
    init(address: UInt64, count: Int = 1, frame: Frame, isWriteProtected: Bool = false) {
        self.init(
            address: address, count: count, frame: frame, isFile: false, isExclusive: false,
            isWriteProtected: isWriteProtected, mapCount: 0, flags: [])
    }

    /// True when the one page of `next` lengthens the run.
    fileprivate func isFollowed(by next: PageRun) -> Bool {
        guard
            next.address == address + UInt64(count) * 4096, next.isFile == isFile, next.isExclusive == isExclusive,
            next.isWriteProtected == isWriteProtected, next.mapCount == mapCount, next.flags == flags
        else { return false }
        switch (frame, next.frame) {
        case (.zero, .zero), (.swap, .swap), (.guardMarker, .guardMarker), (.marker, .marker), (.poison, .poison):
            return true
        case (.number(let first), .number(let number)): return number == first + count
        case (.slot(let first), .slot(let slot)): return slot == first + UInt64(count)
        default: return false
        }
    }
}
