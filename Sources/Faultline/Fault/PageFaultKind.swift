/// What a page fault, or a touch through a window, came to.
public enum PageFaultKind: UInt32, CaseIterable, Sendable {
    // The numbers are those of `fl_fault_kind` in the C core.
    /// A page was made, or found in memory.
    case minor
    /// A page was read from a file (`VM_FAULT_MAJOR`).
    case major
    /// A write to a private page that was write-protected: copied, or taken over (`do_wp_page`).
    case copyOnWrite
    /// A read of memory that nobody wrote to, which the shared page of zeros serves.
    case zeroPage
    /// No fault of the simulated machine: the entry allowed the access already (`spurious_kernel_fault`, another thread was faster, or only
    /// the window did not show the page).
    case spurious
    /// Refused: the access ended in a signal, or the process is gone.
    case signal

    /// The head of its column.
    public var name: String {
        switch self {
        case .minor: "minor"
        case .major: "major"
        case .copyOnWrite: "cow"
        case .zeroPage: "zero_page"
        case .spurious: "spurious"
        case .signal: "signal"
        }
    }
}

extension Machine {
    /// ``touch(_:_:kind:)``, and what it came to. Told from the counts and the entry before and after, so faults that nobody counts cost
    /// nothing.
    package func classifiedTouch(
        _ window: HostWindow, _ address: VirtualAddress, kind: UInt32
    ) -> (touch: WindowTouch, kind: PageFaultKind) {
        guard window.context != 0, processes.indices.contains(window.process), processes[window.process].isAlive else {
            return (touch(window, address, kind: kind), .signal)
        }
        let task = processes[window.process]
        let before = readPTE(task.mm, address)
        let (minor, major) = (task.minorFaults, task.majorFaults)
        let outcome = touch(window, address, kind: kind)
        guard outcome == .shown else { return (outcome, .signal) }
        if task.majorFaults != major { return (outcome, .major) }
        if task.minorFaults == minor { return (outcome, .spurious) }
        return (outcome, minorKind(before, readPTE(task.mm, address), isWrite: kind == AccessKind.write.rawValue))
    }

    private func minorKind(_ before: PTE, _ after: PTE, isWrite: Bool) -> PageFaultKind {
        guard isWrite else { return after.isSpecial && after.pfn == zeroFrame ? .zeroPage : .minor }
        guard before.isPresent, !before.isWritable, after.isPresent else { return .minor }
        // A shared page that becomes writable stays what it is, and is no anonymous one.
        return before.pfn != after.pfn || Folio(of: after.pfn, page(after.pfn)).isAnonymous ? .copyOnWrite : .minor
    }
}
