import CShim
import CWindow
public import Faultline

/// A part of a process's address space at addresses of the host: code reads and writes the simulated memory there.
///
/// A touch of a page that the window does not show yet is made by the simulated machine first, with all its faults; then the window shows
/// the page's frame with the rights that its entry has. Further touches are the host's own and cost what they always cost; the simulated
/// machine, its TLB too, does not see them. When the simulated kernel changes an entry, the window follows.
///
/// A window keeps its machine alive. Close it when no other thread uses it any more; a touch after that is a fault of the host.
public final class AddressWindow: @unchecked Sendable {
    /// Whose memory it shows.
    public let process: WindowProcess
    /// Which part of it: simulated addresses.
    public let range: Range<VirtualAddress>
    /// The host's address of the first byte.
    public let base: UnsafeMutableRawPointer
    let record: UnsafeMutablePointer<fl_host_window>
    private var isOpen = true

    /// Opens a window. Pages need not be mapped in it: that is looked up when they are touched.
    ///
    /// - Parameter range: whole pages below 2^47.
    /// - Throws: ``WindowError``.
    public init(
        _ process: WindowProcess, _ range: Range<VirtualAddress>, _ options: WindowOptions = WindowOptions()
    ) throws(WindowError) {
        guard range.lowerBound % PageSize.base == 0, range.upperBound % PageSize.base == 0, !range.isEmpty,
            range.upperBound <= 1 << 47
        else { throw .range(range) }
        let record = UnsafeMutablePointer<fl_host_window>.allocate(capacity: 1)
        Self.fill(record, process.machine, range, options)
        let window = Self.core(record)
        do {
            try process.machine.withMachine { machine throws(WindowRefusal) in
                try machine.openWindow(window, process.id)
            }
        } catch {
            record.deallocate()
            throw WindowError(error, range)
        }
        // SAFETY: the record is filled and stays where it is.
        let error = fl_host_window_open(record, options.usesSameAddresses)
        guard error == 0 else {
            process.machine.withMachine { $0.closeWindow(window) }
            record.deallocate()
            throw .host(errno: error)
        }
        self.process = process
        self.range = range
        self.record = record
        base = UnsafeMutableRawPointer(record.pointee.base)
    }

    deinit {
        close()
        record.deallocate()
    }

    /// Shows nothing any more and gives the host's addresses back. Waits for touches of other threads that the machine handles now.
    ///
    /// The caller is not in the machine. Closing twice does nothing.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        // SAFETY: the record was opened.
        fl_host_window_stop(record)
        process.machine.withMachine { $0.closeWindow(Self.core(record)) }
        fl_host_window_release(record)
    }

    private static func fill(
        _ record: UnsafeMutablePointer<fl_host_window>, _ machine: WindowMachine, _ range: Range<VirtualAddress>,
        _ options: WindowOptions
    ) {
        // SAFETY: room for one record.
        fl_host_window_prepare(record, machine.entry)
        record.pointee.window.start = range.lowerBound
        record.pointee.window.end = range.upperBound
        record.pointee.window.page_limit = max(options.pageLimit, WindowOptions.least)
        record.pointee.window.run_limit = max(
            options.mappingLimit ?? fl_host_mapping_limit() / 4, WindowOptions.least)
        record.pointee.context = Unmanaged.passUnretained(machine.machine).toOpaque()
        record.pointee.touch = answerTouch
    }

    /// The part of the record that the machine knows.
    static func core(_ record: UnsafeMutablePointer<fl_host_window>) -> HostWindow {
        // SAFETY: it stands first in the record.
        HostWindow(UnsafeMutableRawPointer(record).assumingMemoryBound(to: fl_window.self))
    }

    var core: HostWindow { Self.core(record) }
}

extension WindowError {
    fileprivate init(_ refusal: WindowRefusal, _ range: Range<VirtualAddress>) {
        switch refusal {
        case .privateMemory: preconditionFailure("a machine with windows has its RAM in a memory file")
        case .noProcess: self = .ended
        case .host(let errno): self = .host(errno: errno)
        }
    }
}
