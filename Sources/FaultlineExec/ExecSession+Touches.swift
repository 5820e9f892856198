import CExec
import Faultline
import Glibc

/// Touches of memory that the host does not show.
extension ExecSession {
    /// Takes what userfaultfd tells of an address space.
    func takeTouches(_ space: SimulatedSpace) {
        var touches = [fl_touch](repeating: fl_touch(), count: 16)
        let count = fl_remote_touches(space.remote, &touches, Int32(touches.count))
        if count < 0 { return }
        for touch in touches[..<Int(count)] { handle(touch, in: space) }
    }

    private func handle(_ touch: fl_touch, in space: SimulatedSpace) {
        statistics.touches += 1
        let simulated = tasks[touch.thread]?.simulated ?? space.process
        let (outcome, kind) = space.touch(touch.address, isWrite: touch.is_write, by: simulated)
        let page = touch.address & ~4095
        var error: Int32 = 0
        switch outcome {
        case .shown: break
        case .refused(let signal): error = refuse(page, signal, in: space, touch.thread)
        case .ended: fl_tracee_kill(touch.thread)
        case .hostRefused(let number): error = number == 0 ? EACCES : number
        }
        countEvents()
        if error != 0 { return fail(.host(action: "show a page of a program", errno: error)) }
        settle()
        if gathersCallChains, kind != .spurious, outcome != .ended, let task = tasks[touch.thread] {
            noteSite(kind, at: touch.address, of: touch.thread, task)
        } else {
            space.wake(touch.address)
        }
    }

    /// Lets the host give the signal that the simulated kernel gives: the access is made again where it finds that.
    private func refuse(_ page: UInt64, _ signal: FaultSignal, in space: SimulatedSpace, _ thread: Int32) -> Int32 {
        switch signal {
        case .noMapping, .generalProtection, .invalidOpcode, .emulatedCall, .waits:
            return fl_remote_remove(space.remote, page, 4096)
        case .accessDenied, .protectionKey: return fl_remote_forbid(space.remote, page, 4096)
        case .busError: return fl_remote_break(space.remote, page)
        case .killed:
            fl_tracee_kill(thread)
            return 0
        }
    }

    /// The host follows the flushes of the last call; where it does not, nothing can go on.
    func settle() {
        for other in Set(tasks.values.map { ObjectIdentifier($0.space) }) {
            guard let task = tasks.values.first(where: { ObjectIdentifier($0.space) == other }) else { continue }
            let error = task.space.settle()
            if error != 0, error != ESRCH { fail(.host(action: "unmap memory of a program", errno: error)) }
        }
    }
}
