/// A system call's failure, as `errno` names it (`uapi/asm-generic/errno-base.h`, `errno.h`).
public enum Errno: Int32, Error, Sendable, CaseIterable, Hashable {
    case EPERM = 1
    case ENOENT = 2
    case ESRCH = 3
    case EINTR = 4
    case EIO = 5
    case ENXIO = 6
    case E2BIG = 7
    case ENOEXEC = 8
    case EBADF = 9
    case ECHILD = 10
    case EAGAIN = 11
    case ENOMEM = 12
    case EACCES = 13
    case EFAULT = 14
    case ENOTBLK = 15
    case EBUSY = 16
    case EEXIST = 17
    case EXDEV = 18
    case ENODEV = 19
    case ENOTDIR = 20
    case EISDIR = 21
    case EINVAL = 22
    case ENFILE = 23
    case EMFILE = 24
    case ENOTTY = 25
    case ETXTBSY = 26
    case EFBIG = 27
    case ENOSPC = 28
    case ESPIPE = 29
    case EROFS = 30
    case EMLINK = 31
    case EPIPE = 32
    case EDOM = 33
    case ERANGE = 34
    case EDEADLK = 35
    case ENAMETOOLONG = 36
    case ENOLCK = 37
    case ENOSYS = 38
    case ENOTEMPTY = 39
    case ELOOP = 40
    case ENOMSG = 42
    case EIDRM = 43
    case EPROTO = 71
    case EBADMSG = 74
    case EOVERFLOW = 75
    case EBADFD = 77
    case ELIBBAD = 80
    case EUSERS = 87
    case EOPNOTSUPP = 95
    case ENOBUFS = 105
    case ETIMEDOUT = 110
    case EALREADY = 114
    case ESTALE = 116
    case EDQUOT = 122
    case ECANCELED = 125
    case EHWPOISON = 133
    /// The kernel's own (`include/linux/errno.h`), which no program sees: the call goes on when what it waits for has come.
    case ERESTARTNOINTR = 513

    /// The symbolic name, such as `ENOMEM`.
    public var name: String { "\(self)" }

    /// What a call throws whose process sleeps now; the rest of it stands in ``CallRest``.
    static var waiting: Errno { .ERESTARTNOINTR }

    private static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// The errno with the symbolic name, or nil for no name that this enumeration has.
    public init?(name: some StringProtocol) {
        guard let errno = Self.named[String(name)] else { return nil }
        self = errno
    }
}
