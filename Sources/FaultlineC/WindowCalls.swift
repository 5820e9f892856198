// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/window.h`.
import Faultline
import FaultlineWindow

/// A window of a process.
final class WindowTarget: HandleTarget {
    static let kind: UInt64 = 3
    let window: AddressWindow
    let owner: MachineTarget

    init(_ window: AddressWindow, on owner: MachineTarget) {
        self.window = window
        self.owner = owner
    }
}

extension Failure {
    init(_ error: WindowError) {
        switch error {
        case .range, .outside, .tooLarge: self.init(FAULTLINE_BAD_ARGUMENT, error.description)
        case .ended: self.init(FAULTLINE_ENDED, error.description)
        case .host(let errno):
            self.init(FAULTLINE_HOST, error.description)
            errorNumber = errno
        case .executeOnly: self.init(FAULTLINE_HOST, error.description)
        case .refused(let access):
            self.init(FAULTLINE_FAULT, error.description)
            (signal, signalCode, address) = (access.signal, access.code, access.address)
        }
    }
}

@_cdecl("faultline_window_open")
public func faultline_window_open(
    _ process: OpaquePointer?, _ start: UInt64, _ length: UInt64, _ options: UnsafePointer<faultline_window_options>?,
    _ window: UnsafeMutablePointer<OpaquePointer?>?, _ base: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let (place, base) = (try required(window, "window"), try required(base, "base"))
        let target = try Handles.process(process)
        let (end, overflows) = start.addingReportingOverflow(length)
        guard !overflows else { throw .argument("start and length reach beyond the last address") }
        let options = try windowOptions(options?.pointee)
        do throws(WindowError) {
            let made = try AddressWindow(target.process, start..<end, options)
            let opened = WindowTarget(made, on: target.owner)
            place.pointee = target.owner.add(opened)
            base.pointee = made.base
        } catch { throw Failure(error) }
    }
}

private func windowOptions(_ options: faultline_window_options?) throws(Failure) -> WindowOptions {
    var result = WindowOptions()
    guard let options else { return result }
    try check(options.size, faultline_window_options.self, "options")
    guard (0...1).contains(options.any_address) else { throw .argument("options.any_address is neither 0 nor 1") }
    result.usesSameAddresses = options.any_address == 0
    for (limit, name) in [(options.page_limit, "page_limit"), (options.mapping_limit, "mapping_limit")] {
        guard limit == 0 || limit >= 256 else { throw .argument("options.\(name) is \(limit); give 0 or 256 at least") }
    }
    if options.page_limit != 0 { result.pageLimit = options.page_limit }
    if options.mapping_limit != 0 { result.mappingLimit = options.mapping_limit }
    return result
}

@_cdecl("faultline_window_close")
public func faultline_window_close(_ window: OpaquePointer?) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.target(window, WindowTarget.self)
        target.owner.remove(window)
        target.window.close()
    }
}

@_cdecl("faultline_window_run")
public func faultline_window_run(
    _ window: OpaquePointer?, _ body: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?,
    _ argument: UnsafeMutableRawPointer?
) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.target(window, WindowTarget.self)
        guard let body else { throw .argument("body is NULL") }
        let argument = CArgument(pointer: argument)
        do { try target.window.run { _ in body(argument.pointer) } } catch {
            // C code throws nothing, so the error is the window's.
            throw (error as? WindowError).map(Failure.init) ?? .argument("\(error)")
        }
    }
}

/// What C hands through to its own code.
private struct CArgument: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer?
}

@_cdecl("faultline_window_populate")
public func faultline_window_populate(
    _ window: OpaquePointer?, _ start: UInt64, _ length: UInt64, _ access: Int32
) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.target(window, WindowTarget.self)
        let (end, overflows) = start.addingReportingOverflow(length)
        guard !overflows else { throw .argument("start and length reach beyond the last address") }
        let kinds: [Int32: WindowAccess] = [0: .read, 1: .write, 2: .execute]
        guard let access = kinds[access] else {
            throw .argument("access is \(access); give FAULTLINE_READ, _WRITE or _EXECUTE")
        }
        do throws(WindowError) { try target.window.populate(start..<end, for: access) } catch { throw Failure(error) }
    }
}

@_cdecl("faultline_window_statistics")
public func faultline_window_statistics(
    _ window: OpaquePointer?, _ figures: UnsafeMutablePointer<faultline_window_figures>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(figures, "figures")
        try check(place.pointee.size, faultline_window_figures.self, "figures")
        let statistics = try Handles.target(window, WindowTarget.self).window.statistics
        place.pointee.touches = statistics.touches
        place.pointee.shown_pages = statistics.shownPages
        place.pointee.mappings = statistics.mappings
        place.pointee.evicted_pages = statistics.evictedPages
    }
}
