/// What became of a touch that the host reported for a window.
package enum WindowTouch: Equatable {
    /// The window shows the page, so that the instruction goes on.
    case shown
    /// The access ends in a signal.
    case refused(FaultSignal)
    /// The process, or its address space, is gone.
    case ended
    /// The host does not show the page: its errno; 0 where it cannot express the right (execute-only).
    case hostRefused(Int32)
}

extension Machine {
    /// A touch of memory that a window has not shown yet, or not for that kind of access: the access is made as the CPU makes it, with
    /// its faults, and then the page is shown. Pages around it that any access would find mapped and accessed are shown with it.
    ///
    /// - Parameters:
    ///   - address: inside the window.
    ///   - kind: of the host's fault: 0 a read, 1 a write, 2 the fetch of an instruction.
    package func touch(_ window: HostWindow, _ address: VirtualAddress, kind: UInt32) -> WindowTouch {
        guard isLive(window), let kind = AccessKind(rawValue: kind) else { return .ended }
        let result: AccessResult
        do { result = try access(window.process, address, kind) } catch { return .ended }
        if case .signal(let signal) = result { return .refused(signal) }
        // The out-of-memory killer may have ended the address space meanwhile.
        if window.context == 0 { return .ended }
        let page = address.pageAlignedDown
        let (rights, frame) = window.allowed(page)
        guard rights.isSuperset(of: .init(for: kind)) else { return .hostRefused(0) }
        let error = showBlock(window, ShownRun(start: page, frame: frame, rights: rights))
        return error == 0 ? .shown : .hostRefused(error)
    }

    /// Whether a window's process still runs in the address space that the window shows.
    package func isLive(_ window: HostWindow) -> Bool {
        guard window.context != 0, processes.indices.contains(window.process) else { return false }
        let task = processes[window.process]
        return task.isAlive && task.mm.pointee.context == window.context
    }

    /// Whether a window shows a page for a kind of access, so that no touch of it is needed. `kind` as for `touch`.
    package func isShown(_ window: HostWindow, _ page: VirtualAddress, kind: UInt32) -> Bool {
        guard let kind = AccessKind(rawValue: kind) else { return false }
        return window.shown(page).rights.isSuperset(of: .init(for: kind))
    }

    /// Bytes of the aligned block whose pages are shown at once: as many as fault-around maps.
    private var blockBytes: UInt64 { 16 << 12 }

    /// Shows a page, and the others of its block. - Returns: 0, or the host's errno for the page itself.
    private func showBlock(_ window: HostWindow, _ page: ShownRun) -> Int32 {
        let block = page.start & ~(blockBytes - 1)
        let start = max(block, window.range.lowerBound)
        let end = min(block + blockBytes, window.range.upperBound)
        var run = page
        while run.start > start, extendDown(&run, in: window) {}
        while run.end < end, extendUp(&run, in: window) {}
        let error = show(run, in: window)
        if error != 0 { return error }
        // The rest of the block is a help, not what was asked for: a refusal of the host ends it.
        var place = start
        while place < end {
            if place == run.start {
                place = run.end
            } else if let next = hidden(window, place) {
                var other = next
                let limit = place < run.start ? run.start : end
                while other.end < limit, extendUp(&other, in: window) {}
                if show(other, in: window) != 0 { return 0 }
                place = other.end
            } else {
                place += PageSize.base
            }
        }
        return 0
    }

    /// A page that could be shown and is not.
    @inline(__always)
    private func hidden(_ window: HostWindow, _ page: VirtualAddress) -> ShownRun? {
        if !window.shown(page).rights.isEmpty { return nil }
        let (rights, frame) = window.allowed(page)
        return rights.isEmpty ? nil : ShownRun(start: page, frame: frame, rights: rights)
    }

    private func extendDown(_ run: inout ShownRun, in window: HostWindow) -> Bool {
        guard let page = hidden(window, run.start - PageSize.base), page.rights == run.rights,
            page.frame + 1 == run.frame
        else { return false }
        run.start = page.start
        run.frame = page.frame
        run.count += 1
        return true
    }

    private func extendUp(_ run: inout ShownRun, in window: HostWindow) -> Bool {
        guard let page = hidden(window, run.end), page.rights == run.rights, page.frame == run.frame + run.count
        else { return false }
        run.count += 1
        return true
    }

    private func show(_ run: ShownRun, in window: HostWindow) -> Int32 {
        frames.show(run.frame, count: run.count)
        return windows.show(window, at: run.start, pages: run.count, frame: run.frame, run.rights)
    }
}

/// Neighbouring pages whose frames are neighbours too.
private struct ShownRun {
    var start: VirtualAddress
    var count: UInt64 = 1
    var frame: PFN
    let rights: HostWindow.Rights

    init(start: VirtualAddress, frame: PFN, rights: HostWindow.Rights) {
        self.start = start
        self.frame = frame
        self.rights = rights
    }

    var end: VirtualAddress { start + count << 12 }
}
