/// A signal that an access of memory can end in (`uapi/asm/signal.h`).
public enum Signal: Int32, Sendable, CaseIterable, Hashable, Codable {
    case SIGILL = 4
    case SIGTRAP = 5
    case SIGBUS = 7
    case SIGFPE = 8
    case SIGKILL = 9
    case SIGSEGV = 11

    /// The symbolic name, such as `SIGSEGV`.
    public var name: String { "\(self)" }

    private static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// The signal with the symbolic name.
    public init?(name: some StringProtocol) {
        guard let signal = Self.named[String(name)] else { return nil }
        self = signal
    }
}

/// A signal's `si_code` (`uapi/asm-generic/siginfo.h`), by its symbolic name: the numbers differ by signal.
public enum SignalCode: String, Sendable, CaseIterable, Hashable, Codable {
    case SEGV_MAPERR, SEGV_ACCERR, SEGV_BNDERR, SEGV_PKUERR
    case BUS_ADRALN, BUS_ADRERR, BUS_OBJERR, BUS_MCEERR_AR, BUS_MCEERR_AO
    case ILL_ILLOPN
    case SI_KERNEL, SI_USER

    /// The code of a siginfo that `signal` came with, or nil when it is none that the language names.
    public init?(signal: Signal, number: Int32) {
        switch (signal, number) {
        case (_, 0): self = .SI_USER
        case (_, 0x80): self = .SI_KERNEL
        case (.SIGSEGV, 1): self = .SEGV_MAPERR
        case (.SIGSEGV, 2): self = .SEGV_ACCERR
        case (.SIGSEGV, 3): self = .SEGV_BNDERR
        case (.SIGSEGV, 4): self = .SEGV_PKUERR
        case (.SIGBUS, 1): self = .BUS_ADRALN
        case (.SIGBUS, 2): self = .BUS_ADRERR
        case (.SIGBUS, 3): self = .BUS_OBJERR
        case (.SIGBUS, 4): self = .BUS_MCEERR_AR
        case (.SIGBUS, 5): self = .BUS_MCEERR_AO
        case (.SIGILL, 2): self = .ILL_ILLOPN
        default: return nil
        }
    }
}
