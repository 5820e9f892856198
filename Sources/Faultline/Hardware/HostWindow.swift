import CShim

/// A window, open or not: the record that the C core keeps of it (`fl_window`), behind calls in the kernel's terms.
///
/// Plain data. Who made the record keeps it where it is for as long as the window is open.
package struct HostWindow: Equatable {
    /// The record itself, for who makes it.
    package let record: UnsafeMutablePointer<fl_window>

    /// The window of a record.
    package init(_ record: UnsafeMutablePointer<fl_window>) { self.record = record }

    /// What a page allows when it is shown (`FL_SHOWS_`).
    struct Rights: OptionSet {
        let rawValue: UInt32

        static let read = Rights(rawValue: FL_SHOWS_READ)
        static let write = Rights(rawValue: FL_SHOWS_WRITE)
        static let execute = Rights(rawValue: FL_SHOWS_EXECUTE)

        /// What an access needs.
        init(for kind: AccessKind) {
            switch kind {
            case .read: self = .read
            case .write: self = .write
            case .execute: self = .execute
            }
        }

        init(rawValue: UInt32) { self.rawValue = rawValue }

        var text: String {
            [(Rights.read, "r"), (.write, "w"), (.execute, "x")].map { contains($0.0) ? $0.1 : "-" }.joined()
        }
    }

    /// Simulated addresses, whole pages.
    var range: Range<VirtualAddress> { record.pointee.start..<record.pointee.end }

    /// The TLB context of its address space; 0 once that is gone.
    var context: UInt32 { record.pointee.context }

    /// The process that touches it.
    var process: Int { Int(record.pointee.process) }

    /// What the page tables allow to be shown of a page, and its frame.
    @inline(__always)
    func allowed(_ page: VirtualAddress) -> (rights: Rights, frame: PFN) {
        var frame: PFN = 0
        // SAFETY: the window is open.
        let rights = fl_window_allowed(record, page, &frame)
        return (Rights(rawValue: rights), frame)
    }

    /// What is shown of a page, and its frame.
    @inline(__always)
    func shown(_ page: VirtualAddress) -> (rights: Rights, frame: PFN) {
        var frame: PFN = 0
        // SAFETY: the window is open, and the page lies in it.
        let rights = fl_window_shown(record, page, &frame)
        return (Rights(rawValue: rights), frame)
    }

    /// The first shown page from an address on; nil where there is none.
    func nextShown(from page: VirtualAddress) -> VirtualAddress? {
        if page >= range.upperBound { return nil }
        // SAFETY: see above.
        let next = fl_window_next(record, page)
        return next < range.upperBound ? next : nil
    }

    /// Nothing is shown any more.
    func hide() {
        // SAFETY: the window is open.
        fl_window_hide(record, record.pointee.start, record.pointee.end)
    }

    /// Its address space is no more the one of its process: it shows nothing for good.
    func end() {
        hide()
        record.pointee.context = 0
    }

    /// The first shown page that the tables do not allow so, or nil.
    func firstStale() -> VirtualAddress? {
        var address: VirtualAddress = 0
        // SAFETY: the window is open.
        return fl_window_find_stale(record, &address) ? address : nil
    }

    /// What in its own records does not fit, or nil.
    func checkRecords() -> String? {
        if record.pointee.host_error != 0 { return "the host did not hide a page (errno \(record.pointee.host_error))" }
        // SAFETY: the window is open.
        return fl_window_check(record).map { String(cString: $0) }
    }
}
