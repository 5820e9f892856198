/// Why a window cannot join a machine.
package enum WindowRefusal: Error, Equatable {
    /// RAM is private; see ``RAMBacking``.
    case privateMemory
    /// The process is not alive.
    case noProcess
    /// The window's records do not fit: an errno of the host; EINVAL for its range.
    case host(Int32)
}

extension Machine {
    /// Opens a window on a process's address space, and lets it follow the page tables from now on.
    ///
    /// The caller has filled the first part of the record, and keeps it where it is until ``closeWindow(_:)``.
    package func openWindow(_ window: HostWindow, _ process: ProcessID) throws(WindowRefusal) {
        guard isRAMShared else { throw .privateMemory }
        let task: Process
        do { task = try self.task(process.index) } catch { throw .noProcess }
        let error = windows.open(
            window, ram: frames.ram, root: task.mm.pointee.pgd, context: task.mm.pointee.context,
            process: process.index, pkru: settings.cpu.protectionKeys ? task.pkru : nil)
        guard error == 0 else { throw .host(error) }
    }

    /// Ends a window. - Precondition: it is open.
    package func closeWindow(_ window: HostWindow) {
        precondition(windows.close(window), "a window is closed that is not open")
    }

    /// Whether simulated RAM lies in a memory file.
    package var isRAMShared: Bool { ramFile >= 0 }

    /// The memory file that holds simulated RAM, each frame at its physical address; -1 where RAM is private.
    package var ramFile: Int32 { frames.ram.file }

    /// The windows of a machine that went back to a checkpoint, and show nothing: where the address space is no more, the window is ended.
    func refreshWindows() {
        windows.forEach { window in
            let process = processes.indices.contains(window.process) ? processes[window.process] : nil
            if let process, process.isAlive, process.mm.pointee.context == window.context,
                process.mm.pointee.pgd << 12 == window.record.pointee.root
            {
                window.record.pointee.pkru = process.pkru.rawValue
            } else {
                window.record.pointee.context = 0
            }
        }
    }

    /// A window shows what the tables allow and nothing else, and what it shows is real.
    func checkWindows() -> String? {
        var problem: String?
        windows.forEach { window in
            if problem != nil { return }
            problem = check(window).map { "window of process \(window.process): \($0)" }
        }
        return problem
    }

    private func check(_ window: HostWindow) -> String? {
        if let problem = window.checkRecords() { return problem }
        if let page = window.firstStale() { return difference(window, page) }
        var next = window.nextShown(from: window.range.lowerBound)
        while let page = next {
            let frame = window.shown(page).frame
            if !CompactContents.isShown(self.page(frame)) {
                return "frame \(frame) at 0x\(String(page, radix: 16)) is shown, but its contents are not real"
            }
            next = window.nextShown(from: page + PageSize.base)
        }
        return nil
    }

    /// A stale page in words, with the change that no flush has followed.
    private func difference(_ window: HostWindow, _ page: VirtualAddress) -> String {
        func text(_ state: (rights: HostWindow.Rights, frame: PFN)) -> String {
            state.rights.isEmpty ? "nothing" : "frame \(state.frame) \(state.rights.text)"
        }
        let change = cpu.mmu.check?.change(of: page, context: window.context)
        return
            "0x\(String(page, radix: 16)) shows \(text(window.shown(page))), the tables allow \(text(window.allowed(page)))"
            + (change.map { "; should have been flushed by \($0)" } ?? "")
    }
}
