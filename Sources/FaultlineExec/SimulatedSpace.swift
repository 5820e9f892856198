import CExec
import CShim
import Faultline
import FaultlineCallSites
import Glibc

/// An address space of the host that shows one of the machine: the host's mappings are a TLB of it.
///
/// Every VMA is memory that no one has touched, as far as the host knows; userfaultfd reports a touch, and the page appears when the
/// simulated kernel has handled its fault.
final class SimulatedSpace {
    let machine: Machine
    let files: HostFileCache
    /// A simulated process that has the address space; threads and those made by vfork share it.
    private(set) var process: Int
    let remote: UnsafeMutablePointer<fl_remote>
    private let record: UnsafeMutablePointer<fl_window>
    private let operations: UnsafeMutablePointer<fl_window_ops>
    /// Threads of the host that run in it.
    var threads: Set<Int32> = []
    /// Mappings of the host's own, by their ranges: not simulated.
    var native = NativeRanges()
    /// Accesses that were made again after a host fault.
    var retries = AccessRetries()
    /// Where the first stack may grow to.
    var stackRange: Range<UInt64> = 0..<0
    /// The first instructions that the program ran, the loader's most often: nobody calls them.
    var entry: Range<UInt64> = 0..<0
    /// Names the code that is mapped; nil before it is asked for, and when other code was mapped.
    var codeSymbolizer: Symbolizer?
    /// Ranges that a flush took away, and which the host must follow.
    private var flushed: [Range<UInt64>] = []
    /// The space goes away as a whole.
    private var isEnding = false
    private var isOpen = false

    /// Addresses that a window can have.
    static let userRange: Range<UInt64> = 0x1000..<0x7fff_ffff_f000

    init(_ machine: Machine, _ files: HostFileCache, process: Int) {
        self.machine = machine
        self.files = files
        self.process = process
        remote = .allocate(capacity: 1)
        remote.initialize(to: fl_remote())
        remote.pointee.assistant = -1
        remote.pointee.faults = -1
        remote.pointee.mailbox_file = -1
        operations = .allocate(capacity: 1)
        operations.initialize(to: Self.windowOperations)
        record = .allocate(capacity: 1)
        // SAFETY: a record of zeros is what fl_window_open wants, but for the fields that are set here.
        UnsafeMutableRawPointer(record).initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<fl_window>.size)
        record.pointee.ops = UnsafePointer(operations)
        record.pointee.start = Self.userRange.lowerBound
        record.pointee.end = Self.userRange.upperBound
        record.pointee.page_limit = .max
        // The host has room for 65,530 mappings of a process by default.
        record.pointee.run_limit = 60_000
    }

    deinit {
        precondition(!isOpen, "an address space goes while its window is open")
        fl_remote_close(remote)
        record.deallocate()
        operations.deallocate()
        remote.deallocate()
    }

    /// Opens the window on the simulated process. The assistant is there.
    ///
    /// - Throws: `WindowRefusal`.
    func openWindow() throws(WindowRefusal) {
        record.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
        try machine.openWindow(HostWindow(record), ProcessID(process))
        isOpen = true
        // A touch of the records should not take 2 MiB of the host.
        madvise(record.pointee.records, Int(record.pointee.pages * 8), MADV_NOHUGEPAGE)
    }

    /// Ends the window; the host's address space is gone, or goes.
    func close() {
        isEnding = true
        if isOpen { machine.closeWindow(HostWindow(record)) }
        isOpen = false
        fl_remote_close(remote)
    }

    /// Eight bytes of a frame with real contents, in the order of the host.
    func ramWord(_ physical: PhysicalAddress) -> UInt64 {
        // SAFETY: the frame lies in RAM, and the address is aligned.
        UnsafeRawPointer(record.pointee.ram.base + Int(physical)).load(as: UInt64.self)
    }

    /// The process that had the address space leaves it to another one.
    func hand(to other: Int) {
        process = other
        record.pointee.process = UInt32(other)
    }

    /// Whether no other thread runs while one waits for its call or its page.
    var isAlone: Bool { threads.count <= 1 }

    // MARK: Touches

    /// A touch of memory by a simulated process, made on the machine; the host then shows the page.
    func touch(
        _ address: UInt64, isWrite: Bool, by toucher: Int
    ) -> (touch: WindowTouch, kind: PageFaultKind) {
        record.pointee.process = UInt32(toucher)
        // A process that leaves the address space must not take the window with it.
        defer { record.pointee.process = UInt32(process) }
        if isWrite, let frame = try? machine.shownFilePage(toucher, at: address), !files.fill(frame) {
            return (.refused(.busError), .signal)
        }
        return machine.classifiedTouch(HostWindow(record), address, kind: isWrite ? 1 : 0)
    }

    /// Lets everybody go on who waits for a page.
    func wake(_ address: UInt64) { fl_remote_wake(remote, address & ~4095) }

    /// Nothing is shown of a range any more, so that the host follows what its VMAs have become.
    func hide(_ range: Range<UInt64>) {
        if isOpen { fl_window_hide(record, range.lowerBound, range.upperBound) }
    }

    /// Gives every VMA of a stopped process its place on the host. - Returns: 0, or the host's errno.
    func reserveAll() -> Int32 {
        if !stackRange.isEmpty {
            let error = clear(stackRange)
            if error != 0 { return error }
        }
        guard let areas = try? machine.mappedAreas(process, in: Self.userRange) else { return ESRCH }
        for area in areas where !area.isSpecial {
            let error = reserve(area.range, area.protection)
            if error != 0 { return error }
        }
        return 0
    }

    // MARK: Following

    /// Brings the host's mappings up to date where flushes took pages away. - Returns: 0, or the host's errno.
    func settle() -> Int32 {
        while !flushed.isEmpty {
            let ranges = flushed
            flushed.removeAll()
            for range in ranges {
                let error = follow(range)
                if error != 0 { return error }
            }
        }
        return 0
    }

    /// Brings the host's mappings of a range up to date, of which nothing is shown. - Returns: 0, or the host's errno.
    func follow(_ range: Range<UInt64>) -> Int32 {
        let range = range.clamped(to: Self.userRange)
        guard !isEnding, let areas = try? machine.mappedAreas(process, in: range) else { return 0 }
        var place = range.lowerBound
        for area in areas {
            var error = clear(place..<area.range.lowerBound)
            place = area.range.upperBound
            if error == 0, !area.isSpecial { error = reserve(area.range, area.protection) }
            if error != 0 { return error }
        }
        return clear(place..<max(place, range.upperBound))
    }

    private func reserve(_ range: Range<UInt64>, _ protection: UInt32) -> Int32 {
        for part in native.outside(range) {
            let error = fl_remote_reserve(
                remote, part.lowerBound, part.upperBound - part.lowerBound, protection, isAlone)
            if error != 0 { return error }
        }
        return 0
    }

    /// Where no VMA is; the first stack's place is kept, so that it can grow.
    private func clear(_ range: Range<UInt64>) -> Int32 {
        if range.isEmpty { return 0 }
        let stack = range.clamped(to: stackRange)
        if !stack.isEmpty {
            let error = fl_remote_reserve(remote, stack.lowerBound, stack.upperBound - stack.lowerBound, 3, isAlone)
            if error != 0 { return error }
        }
        let rest = stack.isEmpty ? [range] : [range.lowerBound..<stack.lowerBound, stack.upperBound..<range.upperBound]
        for part in rest where !part.isEmpty {
            let error = fl_remote_remove(remote, part.lowerBound, part.upperBound - part.lowerBound)
            if error != 0 { return error }
        }
        return 0
    }

    // MARK: What the window asks for

    fileprivate func map(_ start: UInt64, _ pages: UInt64, _ frame: UInt64, _ rights: UInt32) -> Int32 {
        for index in frame..<frame + pages where !files.fill(index) { return EIO }
        let range = start..<start + pages << 12
        guard let areas = try? machine.mappedAreas(process, in: range) else { return ESRCH }
        for area in areas {
            let error = fl_remote_show(
                remote, area.range.lowerBound, area.range.upperBound - area.range.lowerBound,
                (frame << 12) + (area.range.lowerBound - start), area.protection, rights & FL_SHOWS_WRITE == 0, isAlone)
            if error != 0 { return error }
        }
        // A fault that took a page away has brought another one.
        if !flushed.isEmpty { flushed = flushed.flatMap { NativeRanges.parts(of: $0, outside: range) } }
        return 0
    }

    fileprivate func protect(_ start: UInt64, _ pages: UInt64, _ rights: UInt32) -> Int32 {
        fl_remote_tell_writes(remote, start, pages << 12, rights & FL_SHOWS_WRITE == 0)
    }

    fileprivate func unmap(_ start: UInt64, _ pages: UInt64) -> Int32 {
        if isEnding { return 0 }
        flushed.append(start..<start + pages << 12)
        if isAlone { return 0 }
        // Others must not write into frames that someone else may get before the host has followed: they wait.
        let end = start + pages << 12
        var page = fl_window_next(record, start)
        while page < end {
            var next = page + 4096
            while next < end, fl_window_next(record, next) == next { next += 4096 }
            let error = fl_remote_reserve(remote, page, next - page, 7, false)
            if error != 0 { return error }
            page = fl_window_next(record, next)
        }
        return 0
    }

    private static let windowOperations = fl_window_ops(
        map: { window, start, pages, frame, rights in
            SimulatedSpace.of(window).map(start, pages, frame, rights)
        },
        protect: { window, start, pages, rights in SimulatedSpace.of(window).protect(start, pages, rights) },
        unmap: { window, start, pages in SimulatedSpace.of(window).unmap(start, pages) })

    private static func of(_ window: UnsafeMutablePointer<fl_window>) -> SimulatedSpace {
        guard let owner = window.pointee.owner else { preconditionFailure("a window has no owner") }
        // SAFETY: the owner closes the window before it goes.
        return Unmanaged<SimulatedSpace>.fromOpaque(owner).takeUnretainedValue()
    }
}
