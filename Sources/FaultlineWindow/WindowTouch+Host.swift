import CShim
import CWindow
import Faultline

/// Makes a touch in the machine, for the handler of the host's signal. The thread that touched is in the machine.
///
/// The code of the machine may run here: the signal is synchronous, so the thread was at an instruction of its own that touches the
/// window, in no allocator and no lock of the runtime, as if it had called this function.
func answerTouch(
    _ record: UnsafeMutablePointer<fl_host_window>, _ context: UnsafeMutableRawPointer?,
    _ touch: UnsafeMutablePointer<fl_touch>
) {
    guard let context else { return }
    // SAFETY: the window keeps its machine alive, and waits for touches before it closes.
    Unmanaged<Machine>.fromOpaque(context)._withUnsafeGuaranteedRef { machine in
        let (window, place, kind) = (AddressWindow.core(record), touch.pointee.address, touch.pointee.kind)
        if record.pointee.entry.pointee.sites == nil {
            touch.pointee.set(machine.touch(window, place, kind: kind))
        } else {
            let outcome = machine.classifiedTouch(window, place, kind: kind)
            touch.pointee.set(outcome.touch)
            touch.pointee.fault = outcome.kind.rawValue
        }
    }
}

extension fl_touch {
    mutating func set(_ outcome: WindowTouch) {
        switch outcome {
        case .shown: status = FL_TOUCH_SHOWN.rawValue
        case .ended: status = FL_TOUCH_ENDED.rawValue
        case .hostRefused(let errno):
            status = FL_TOUCH_HOST.rawValue
            code = errno
        case .refused(let fault):
            status = FL_TOUCH_SIGNAL.rawValue
            setSignal(fault)
        }
    }

    /// What `force_sig_fault` would put into `siginfo_t`.
    private mutating func setSignal(_ fault: FaultSignal) {
        signal_address = address
        switch fault {
        case .noMapping: (signal, code) = (11, 1)
        case .accessDenied: (signal, code) = (11, 2)
        case .protectionKey(let denied):
            (signal, code) = (11, 4)
            key = UInt32(denied)
        case .busError: (signal, code) = (7, 2)
        case .invalidOpcode: (signal, code) = (4, 2)
        // SI_KERNEL.
        case .generalProtection, .emulatedCall, .waits: (signal, code, signal_address) = (11, 0x80, 0)
        case .killed: (signal, code, signal_address) = (9, 0x80, 0)
        }
    }

    /// What the code in the window is told; nil where the page is shown.
    var error: WindowError? {
        switch fl_touch_status(rawValue: status) {
        case FL_TOUCH_SHOWN: nil
        case FL_TOUCH_ENDED: .ended
        case FL_TOUCH_HOST: code == 0 ? .executeOnly(address) : .host(errno: code)
        default:
            .refused(
                RefusedAccess(
                    address: address, access: WindowAccess(kind: kind), signal: signal, code: code,
                    signalAddress: signal_address,
                    protectionKey: signal == 11 && code == 4 ? UInt8(truncatingIfNeeded: key) : nil))
        }
    }
}
