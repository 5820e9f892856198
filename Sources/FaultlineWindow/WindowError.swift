public import Faultline

/// An access that the simulated kernel refused: what a handler of the signal would get on Linux.
public struct RefusedAccess: Error, Equatable, Sendable, CustomStringConvertible {
    /// The byte that was accessed, a simulated address.
    public let address: VirtualAddress
    /// What the access was.
    public let access: WindowAccess
    /// The signal's number: SIGSEGV 11, SIGBUS 7, SIGILL 4, SIGKILL 9.
    public let signal: Int32
    /// `si_code`, such as SEGV_MAPERR 1 and SEGV_ACCERR 2.
    public let code: Int32
    /// `si_addr`: the address, or 0 where Linux gives none.
    public let signalAddress: VirtualAddress
    /// `si_pkey`, where the code is SEGV_PKUERR.
    public let protectionKey: UInt8?

    /// Such as `write of 0x100000001000: SIGSEGV SEGV_ACCERR`.
    public var description: String {
        "\(access.rawValue) of 0x\(String(address, radix: 16)): \(signalName)"
            + (protectionKey.map { " (key \($0))" } ?? "")
    }

    private var signalName: String {
        switch (signal, code) {
        case (11, 1): "SIGSEGV SEGV_MAPERR"
        case (11, 2): "SIGSEGV SEGV_ACCERR"
        case (11, 4): "SIGSEGV SEGV_PKUERR"
        case (11, _): "SIGSEGV SI_KERNEL"
        case (7, _): "SIGBUS BUS_ADRERR"
        case (4, _): "SIGILL ILL_ILLOPN"
        default: "SIGKILL"
        }
    }
}

/// What code did to memory.
public enum WindowAccess: String, Sendable {
    case read, write, execute

    /// Of the host's error code.
    init(kind: UInt32) { self = kind == 2 ? .execute : kind == 1 ? .write : .read }

    /// As ``Machine/touch(_:_:kind:)`` takes it.
    var kind: UInt32 {
        switch self {
        case .read: 0
        case .write: 1
        case .execute: 2
        }
    }
}

/// Why a window could not be opened, or why code in it could not go on.
public enum WindowError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A window's range must be whole pages of user space, at least one.
    case range(Range<VirtualAddress>)
    /// A place that lies outside of the window.
    case outside(Range<VirtualAddress>, of: Range<VirtualAddress>)
    /// The process has ended, or runs another program: its window shows nothing any more.
    case ended
    /// The simulated kernel refused the access.
    case refused(RefusedAccess)
    /// The host has no mapping for the page; its errno.
    case host(errno: Int32)
    /// The page may be executed only, which this host cannot show (no protection keys).
    case executeOnly(VirtualAddress)
    /// More bytes than the window shows at a time; see ``WindowOptions/pageLimit``.
    case tooLarge(bytes: UInt64, limit: UInt64)

    /// What is wrong and what to do about it.
    public var description: String {
        func text(_ range: Range<VirtualAddress>) -> String {
            "0x\(String(range.lowerBound, radix: 16))-0x\(String(range.upperBound, radix: 16))"
        }
        return switch self {
        case .range(let range): "window \(text(range)): give whole pages below 0x800000000000, at least one"
        case .outside(let range, let window): "\(text(range)) does not lie in the window \(text(window))"
        case .ended: "the process of this window has ended or runs another program"
        case .refused(let access): "\(access)"
        case .host(11): "this process has too many windows (64); close some"
        case .host(12): "the host has no room for another mapping; see vm.max_map_count, and ulimit -v"
        case .host(let errno): "the host refuses the mapping (errno \(errno)); windows need Linux on x86-64"
        case .executeOnly(let address):
            "0x\(String(address, radix: 16)) may be executed only, which a host without protection keys cannot show"
        case .tooLarge(let bytes, let limit):
            "\(bytes) bytes at a time are more than the window shows (\(limit)); raise its page limit, or take fewer"
        }
    }
}
