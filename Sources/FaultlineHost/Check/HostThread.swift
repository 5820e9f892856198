import Glibc

/// A thread of this process with room for deep recursion.
struct HostThread {
    private let handle: pthread_t
    private static let stackBytes = 8 << 20

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts it.
    ///
    /// - Returns: nil where the host refuses another thread.
    init?(_ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        var handle = pthread_t()
        // SAFETY: the thread takes the reference that is handed to it, or it is taken back here.
        let work = Unmanaged.passRetained(Work(body))
        let status = pthread_create(
            &handle, &attributes,
            { context in
                Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        if status != 0 {
            work.release()
            return nil
        }
        self.handle = handle
    }

    /// Waits for its end. To be called once.
    func join() { pthread_join(handle, nil) }
}
