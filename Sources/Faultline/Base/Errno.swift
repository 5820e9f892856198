/// A system call's failure, as `errno` names it (`uapi/asm-generic/errno-base.h`, `errno.h`).
public enum Errno: Int32, Error, Sendable, CaseIterable, Hashable {
    case EPERM = 1
    case ENOENT = 2
    case ESRCH = 3
    case EINTR = 4
    case EIO = 5
    case ENXIO = 6
    case E2BIG = 7
    case EBADF = 9
    case ECHILD = 10
    case EAGAIN = 11
    case ENOMEM = 12
    case EACCES = 13
    case EFAULT = 14
    case EBUSY = 16
    case EEXIST = 17
    case ENODEV = 19
    case EINVAL = 22
    case ENFILE = 23
    case EMFILE = 24
    case ETXTBSY = 26
    case EFBIG = 27
    case ENOSPC = 28
    case ESPIPE = 29
    case ERANGE = 34
    case EIDRM = 43
    case ENOSYS = 38
    case EOVERFLOW = 75
    case EOPNOTSUPP = 95
    case EHWPOISON = 133

    /// The symbolic name, such as `ENOMEM`.
    public var name: String { "\(self)" }
}
