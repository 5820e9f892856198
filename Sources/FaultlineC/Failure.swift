@_exported import CFaultline
import Faultline

/// Why a call failed, as `faultline_last_error()` tells it.
struct Failure: Error, Sendable {
    let status: faultline_status
    var errorNumber: Int32 = 0
    var signal: Int32 = 0
    var signalCode: Int32 = 0
    var address: UInt64 = 0
    let message: String

    init(_ status: faultline_status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The simulated kernel refused a call, by a rule that is known where someone listened.
    init(_ errno: Errno, _ refusal: Refusal?) {
        status = FAULTLINE_ERRNO
        errorNumber = errno.rawValue
        message = refusal.map(\.text) ?? errno.name
    }

    /// An access ended in a signal.
    init(_ fault: AccessFault, _ refusal: Refusal?) {
        status = FAULTLINE_FAULT
        (signal, signalCode) = fault.signal.numbers
        address = fault.address
        let place = "0x" + String(fault.address, radix: 16)
        message = refusal.map { "access to \(place): \($0.text)" } ?? "access to \(place): \(fault.signal)"
    }

    static func argument(_ message: String) -> Failure { Failure(FAULTLINE_BAD_ARGUMENT, message) }

    static let noMemory = Failure(FAULTLINE_HOST, "this computer has no memory for the result")
    static let forked = Failure(
        FAULTLINE_HOST, "the handle is that of the parent of this process, whose machine a forked child does not have")
}

extension FaultSignal {
    /// The signal's number and `si_code`.
    fileprivate var numbers: (Int32, Int32) {
        switch self {
        case .noMapping: (11, 1)
        case .accessDenied: (11, 2)
        case .protectionKey: (11, 4)
        case .invalidOpcode: (4, 2)
        case .generalProtection: (11, 0x80)
        case .busError: (7, 2)
        case .emulatedCall, .waits: (0, 0)
        case .killed: (9, 0)
        }
    }
}

/// Runs what a call of the C API does, and keeps its error for the calling thread.
func answer(_ body: () throws(Failure) -> Void) -> faultline_status {
    do throws(Failure) { try body() } catch {
        var record = faultline_error()
        record.status = error.status
        record.error_number = error.errorNumber
        record.signal = error.signal
        record.signal_code = error.signalCode
        record.address = error.address
        return faultline_note_error(&record, error.message)
    }
    return FAULTLINE_OK
}

/// The answer of a call that writes its result to a place of the caller's, which `name` names. Asks for the place first: where there
/// is none, nothing is done.
func answer<Value>(
    _ place: UnsafeMutablePointer<Value>?, _ name: String, _ body: () throws(Failure) -> Value
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(place, name)
        place.pointee = try body()
    }
}

/// Hands out a result. - Throws: BAD_ARGUMENT for a place that is NULL.
func required<Value>(_ place: UnsafeMutablePointer<Value>?, _ name: String) throws(Failure) -> UnsafeMutablePointer<
    Value
> {
    guard let place else { throw .argument("\(name) is NULL") }
    return place
}

/// Hands out a text. - Throws: BAD_ARGUMENT, HOST.
func give(_ text: String, _ place: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) throws(Failure) {
    let place = try required(place, "text")
    guard let copy = faultline_copy_text(text, text.utf8.count) else { throw .noMemory }
    place.pointee = copy
}

/// Reads a name. - Throws: BAD_ARGUMENT.
func string(_ text: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
    guard let text else { throw .argument("\(name) is NULL") }
    guard let string = String(validatingCString: text) else { throw .argument("\(name) is no UTF-8") }
    return string
}
