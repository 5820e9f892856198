import CHost
import Glibc

/// The lock on this machine's kernel: a live run holds it with others, one that changes settings alone.
final class KernelLock {
    /// In a folder for locks that every user may write to.
    static let path = access("/run/lock", W_OK) == 0 ? "/run/lock/faultline" : "/tmp/.faultline-lock"
    let descriptor: Int32

    /// Waits for the lock.
    init(exclusive: Bool) throws(LiveError) {
        descriptor = fl_kernel_lock(Self.path, exclusive ? 1 : 0)
        guard descriptor >= 0 else { throw .host(action: "lock \(Self.path)", errno: -descriptor) }
    }

    /// The lock that live runs share; nil where there is no place for it: no one else can have it there either.
    static func shared() -> KernelLock? { try? KernelLock(exclusive: false) }

    deinit { close(descriptor) }
}
