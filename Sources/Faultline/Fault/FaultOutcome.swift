/// What became of a page fault: `vm_fault_t`.
enum FaultOutcome: Equatable {
    /// The entry is good now; a major fault had to wait for a disk.
    case handled(isMajor: Bool)
    case signal(FaultSignal)
    /// No frame was free (`VM_FAULT_OOM`).
    case outOfMemory

    /// `VM_FAULT_ERROR`: such faults are not counted.
    @inline(__always) var isError: Bool {
        if case .handled = self { return false }
        return true
    }
}

/// The signal that an access ends in.
public enum FaultSignal: Sendable, Equatable {
    /// SIGSEGV, SEGV_MAPERR: nothing is mapped there.
    case noMapping
    /// SIGSEGV, SEGV_ACCERR: the mapping does not allow it.
    case accessDenied
    /// SIGSEGV, SEGV_PKUERR: PKRU does not allow it for the VMA's protection key (`si_pkey`).
    case protectionKey(UInt8)
    /// SIGILL, ILL_ILLOPN: the processor does not have the instruction.
    case invalidOpcode
    /// SIGSEGV, SI_KERNEL, address 0: a general protection fault, from an address that is not canonical.
    case generalProtection
    /// SIGBUS, BUS_ADRERR: beyond the end of the file, or the page could not be read, or the file system is full.
    case busError
    /// No signal: an entry of the vsyscall page was executed, and the kernel has made the call in its place.
    case emulatedCall
    /// No signal: the access waits for userspace (`handle_userfault`).
    case waits
    /// SIGKILL by the out-of-memory killer.
    case killed
}

/// How a fault is made: `enum fault_flag`.
struct FaultFlags: OptionSet {
    let rawValue: UInt8

    static let write = FaultFlags(rawValue: 1 << 0)
    static let instruction = FaultFlags(rawValue: 1 << 1)
    /// By the program itself, not by the kernel on its behalf.
    static let user = FaultFlags(rawValue: 1 << 2)
    /// By `populate_vma_page_range`, which starts a fault that waited for a disk anew and so counts it as a minor one.
    static let population = FaultFlags(rawValue: 1 << 3)
    /// By a caller that keeps its lock: without `FAULT_FLAG_ALLOW_RETRY`.
    static let withoutRestart = FaultFlags(rawValue: 1 << 4)
    /// No last-level table is at the address: `pmd_none(*vmf->pmd)` as the fault begins.
    static let withoutTable = FaultFlags(rawValue: 1 << 5)
    /// By someone who pins the page for reading: a private page that others may write to becomes the process's own
    /// (FAULT_FLAG_UNSHARE).
    static let unshare = FaultFlags(rawValue: 1 << 6)
    /// A userfaultfd may serve it all the same.
    static let mayWait = FaultFlags(rawValue: 1 << 7)
}

/// Bits of the x86 page-fault error code (Intel SDM vol. 3A, 4.7).
enum PageFaultErrorCode {
    static var protection: UInt32 { 1 << 0 }
    static var write: UInt32 { 1 << 1 }
    static var user: UInt32 { 1 << 2 }
    static var instruction: UInt32 { 1 << 4 }
    static var protectionKey: UInt32 { 1 << 5 }

    /// What was tried, as a reader calls it.
    static func access(_ errorCode: UInt32) -> String {
        errorCode & write != 0 ? "write" : errorCode & instruction != 0 ? "execution" : "read"
    }
}

extension FaultSignal {
    /// What the signal says of the address, in words.
    var meaning: String {
        switch self {
        case .noMapping: "no mapping is there"
        case .accessDenied: "the mapping does not allow the access"
        case .protectionKey: "its protection key does not allow the access"
        case .invalidOpcode: "the processor does not have the instruction"
        case .generalProtection: "the address is not canonical"
        case .busError: "it lies beyond the end of the file, could not be read, or its file system is full"
        case .emulatedCall: "the kernel makes the call itself"
        case .waits: "userspace is to serve it"
        case .killed: "the process was killed"
        }
    }
}
