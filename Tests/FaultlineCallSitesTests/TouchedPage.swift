import CShim
import FaultlineCallSites
import Foundation

/// A page whose next touch is caught by a handler that gathers the chain of the code that touched it.
final class TouchedPage {
    let byte: UnsafeMutablePointer<CChar>
    nonisolated(unsafe) fileprivate static var page: UnsafeMutableRawPointer?
    nonisolated(unsafe) fileprivate static var chain = fl_call_chain()
    nonisolated(unsafe) fileprivate static var limit: UInt32 = 128
    nonisolated(unsafe) fileprivate static var before = sigaction()

    /// Tests that have a page run one after the other; those of windows run beside them, and their faults go to who had them before.
    /// So the handler stays: a window's may have been set above it meanwhile.
    private static let handler: Void = {
        var action = sigaction()
        action.sa_flags = SA_SIGINFO
        action.__sigaction_handler.sa_sigaction = { signal, info, context in
            let address = UInt(bitPattern: info?.pointee._sifields._sigfault.si_addr)
            if let page = TouchedPage.page, address &- UInt(bitPattern: page) < 4096 {
                fl_call_chain_gather(&TouchedPage.chain, context, TouchedPage.limit)
                mprotect(page, 4096, PROT_READ | PROT_WRITE)
            } else if let other = TouchedPage.before.__sigaction_handler.sa_sigaction {
                other(signal, info, context)
            } else {
                sigaction(SIGSEGV, &TouchedPage.before, nil)
            }
        }
        sigaction(SIGSEGV, &action, &before)
    }()

    init() {
        let page = mmap(nil, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        byte = page.assumingMemoryBound(to: CChar.self)
        fl_call_chain_prepare()
        Self.handler
        Self.page = page
    }

    deinit {
        if Self.page == UnsafeMutableRawPointer(byte) { Self.page = nil }
        munmap(byte, 4096)
    }

    /// The chain of the touch that the closure makes.
    func chain(limit: UInt32 = 128, _ body: (UnsafeMutablePointer<CChar>) -> Void) -> fl_call_chain {
        Self.limit = limit
        Self.chain = fl_call_chain()
        mprotect(byte, 4096, PROT_NONE)
        body(byte)
        return Self.chain
    }
}

extension fl_call_chain {
    /// From the innermost.
    var frames: [CallSite.Frame] {
        var copy = self
        return withUnsafeBytes(of: &copy.addresses) { addresses in
            withUnsafeBytes(of: self.guessed) { guessed in
                (0..<Int(count)).map {
                    CallSite.Frame(
                        address: addresses.load(fromByteOffset: $0 * 8, as: UInt64.self), isGuessed: guessed[$0] != 0)
                }
            }
        }
    }

    /// The functions, with `?` before those that were guessed.
    func names(_ symbolizer: Symbolizer) -> [String] {
        frames.map { ($0.isGuessed ? "?" : "") + symbolizer.symbol(at: $0.address).name(of: $0.address) }
    }

    func has(_ flag: some BinaryInteger) -> Bool { flags & UInt32(flag) != 0 }
}
