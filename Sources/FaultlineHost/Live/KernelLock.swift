import CShim
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

    deinit { close(descriptor) }
}
