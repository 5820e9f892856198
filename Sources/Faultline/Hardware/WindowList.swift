import CShim

/// The windows of a machine: parts of its address spaces that the host shows at addresses of its own.
///
/// A window holds translations as a TLB does, so every flush of the kernel reaches them too. A machine without windows pays a branch a flush.
struct WindowList {
    /// `fl_window.next` leads on.
    private var first: UnsafeMutablePointer<fl_window>?

    @inline(__always) var isEmpty: Bool { first == nil }

    /// Opens a window on an address space, and adds it. - Returns: 0, or the host's errno.
    mutating func open(
        _ window: HostWindow, ram: fl_ram, root: PFN, context: UInt32, process: Int, pkru: PKRU?
    ) -> Int32 {
        let record = window.record
        record.pointee.ram = ram
        record.pointee.root = root << 12
        record.pointee.context = context
        record.pointee.process = UInt32(truncatingIfNeeded: process)
        record.pointee.has_keys = pkru != nil
        record.pointee.pkru = pkru?.rawValue ?? 0
        // SAFETY: who calls has filled the rest.
        let error = fl_window_open(record)
        if error != 0 { return error }
        record.pointee.next = first
        first = record
        return 0
    }

    /// Removes a window and closes it. - Returns: false where it is not in the list.
    mutating func close(_ window: HostWindow) -> Bool {
        let record = window.record
        if first == record {
            first = record.pointee.next
        } else {
            var place = first
            while let current = place, current.pointee.next != record { place = current.pointee.next }
            guard let place else { return false }
            place.pointee.next = record.pointee.next
        }
        record.pointee.next = nil
        // SAFETY: it was in the list, so it is open.
        fl_window_close(record)
        return true
    }

    /// A flush of an address space's translations.
    func flush(context: UInt32, from start: VirtualAddress, to end: VirtualAddress) {
        // SAFETY: the list holds open windows only.
        fl_windows_flush(first, context, start, end)
    }

    /// Shows pages whose frames are neighbours. - Returns: 0, or the host's errno.
    func show(
        _ window: HostWindow, at start: VirtualAddress, pages: UInt64, frame: PFN, _ rights: HostWindow.Rights
    ) -> Int32 {
        guard let first else { preconditionFailure("a window shows pages that is not open") }
        // SAFETY: the window is open, the pages lie in it.
        return fl_window_show(first, window.record, start, pages, frame, rights.rawValue)
    }

    /// An address space is gone, after a flush of all that it had: its windows show nothing for good.
    func drop(context: UInt32) {
        forEach { if $0.context == context { $0.end() } }
    }

    /// A process leaves its address space, which others may still have.
    func drop(process: Int) {
        forEach { if $0.process == process { $0.end() } }
    }

    /// A process has written PKRU.
    func setPKRU(process: Int, _ value: PKRU) {
        forEach { window in
            guard window.process == process, window.record.pointee.pkru != value.rawValue else { return }
            window.record.pointee.pkru = value.rawValue
            // SAFETY: the window is open.
            fl_window_follow(window.record, window.range.lowerBound, window.range.upperBound)
        }
    }

    func forEach(_ body: (HostWindow) -> Void) {
        var place = first
        while let record = place {
            place = record.pointee.next
            body(HostWindow(record))
        }
    }
}
