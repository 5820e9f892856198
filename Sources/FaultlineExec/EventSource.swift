import CExec
import Glibc

/// Waits for whatever programs do: signals of their ends and stops, calls, touches.
final class EventSource {
    struct Ready {
        var hasCall = false
        /// For each of the descriptors that were given.
        var faults: [Bool]
    }

    private let signals: Int32
    private var before = sigset_t()

    /// Blocks SIGCHLD, which comes through a descriptor then.
    ///
    /// - Throws: ``ExecError/host``.
    init() throws(ExecError) {
        pthread_sigmask(SIG_BLOCK, nil, &before)
        signals = fl_tracee_events()
        if signals < 0 { throw .host(action: "wait for signals", errno: -signals) }
    }

    deinit {
        if signals >= 0 { close(signals) }
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// Waits until something is there. A stop may be there without a signal of its own: the wait is short.
    ///
    /// - Parameter waits: otherwise only what is there already is taken.
    func wait(watch: Int32, faults: [Int32], waits: Bool) -> Ready {
        var places = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
        ]
        places += faults.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        if poll(&places, nfds_t(places.count), waits ? 100 : 0) <= 0 {
            return Ready(faults: Array(repeating: false, count: faults.count))
        }
        if places[0].revents != 0 {
            var taken = [UInt8](repeating: 0, count: 128 * 8)
            while read(signals, &taken, taken.count) > 0 {}
        }
        return Ready(
            hasCall: places[1].revents & Int16(POLLIN) != 0,
            faults: places[2...].map { $0.revents & Int16(POLLIN) != 0 })
    }
}
