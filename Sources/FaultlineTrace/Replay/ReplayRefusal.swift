import Faultline

/// An access of a trace that the simulated kernel refused.
enum ReplayRefusal {
    /// What an address that is not canonical means.
    static func notCanonical(_ address: UInt64) -> String {
        "address 0x\(String(address, radix: 16)) is not canonical: bits 48 to 63 must equal bit 47 (SIGSEGV); is the form of the trace right "
            + "(--format)? --refused skip leaves such accesses out"
    }

    /// The access, the signal, and what to do about it.
    static func message(_ access: TraceWord, _ fault: AccessFault, _ why: String?, hasMaps: Bool) -> String {
        let verb =
            switch access.kind {
            case .read: "load of";
            case .write: "store to";
            case .execute, .marker: "fetch from"
            }
        let (signal, remedy) = words(fault.signal, access.address, hasMaps: hasMaps)
        let reason = why.map { " (\($0))" } ?? ""
        return "\(verb) 0x\(String(access.address, radix: 16)): \(signal)\(reason); \(remedy)"
    }

    private static func words(_ signal: FaultSignal, _ address: UInt64, hasMaps: Bool) -> (String, String) {
        let skip = "--refused skip leaves such accesses out"
        if address >= AddressSpaceLimit.taskSize {
            return (
                "SIGSEGV: the address is the kernel's", "record user code alone (perf record -e EVENT:u), or \(skip)"
            )
        }
        return switch signal {
        case .noMapping where hasMaps:
            (
                "SIGSEGV SEGV_MAPERR",
                "--maps has no mapping there; give the maps of the traced run, none at all, or \(skip)"
            )
        case .noMapping: ("SIGSEGV SEGV_MAPERR", "the kernel maps nothing below vm.mmap_min_addr; \(skip)")
        case .accessDenied:
            (
                "SIGSEGV SEGV_ACCERR",
                "--maps does not allow it there; give maps of the moment of the access, none at all, or \(skip)"
            )
        case .protectionKey: ("SIGSEGV SEGV_PKUERR", skip)
        case .invalidOpcode: ("SIGILL ILL_ILLOPN", skip)
        case .generalProtection: ("SIGSEGV SI_KERNEL", skip)
        case .busError: ("SIGBUS BUS_ADRERR", "a mapping of --maps reaches beyond its file; \(skip)")
        case .emulatedCall: ("the kernel makes this call of the vsyscall page itself", skip)
        case .waits: ("the access waits for a userfaultfd", skip)
        case .killed: ("SIGKILL: the simulated machine is out of memory", "give it more with --ram")
        }
    }
}
