import CWindow

extension AddressWindow {
    /// Runs code that touches the window, and comes back also where a touch is refused.
    ///
    /// The code is left at that instruction then, by a jump that unwinds nothing. So code that may be refused must not, across a touch,
    /// hold a lock, be in the middle of a change of its own data, or keep an access to a variable of a class, a global or a captured
    /// variable open (`inout`, `modify`): the lock stays taken, and the runtime's check of exclusive access would find the
    /// remains. References that it holds are leaked; its `defer` blocks do not run. C code is in no such danger. Where the bytes
    /// can be named beforehand, ``withBytes(_:for:_:)`` refuses without a jump.
    ///
    /// Runs may be nested, in the same window or in others: the innermost is left. Touches by other threads are refused in their own runs;
    /// a thread without one dies of the signal.
    ///
    /// - Parameter body: gets ``base``. It is kept until it returns; after a jump it is leaked.
    /// - Throws: ``WindowError``, and what the body throws.
    public func run<Result>(_ body: @escaping (UnsafeMutableRawPointer) throws -> Result) throws -> Result {
        let call = Call { [base] in try body(base) }
        var refused = fl_touch()
        let argument = Unmanaged<AnyCall>.passUnretained(call).toOpaque()
        // SAFETY: the call outlives the run.
        let isDone = fl_window_run(
            { Unmanaged<AnyCall>.fromOpaque($0.unsafelyUnwrapped).takeUnretainedValue().make() }, argument, &refused)
        guard isDone, let result = call.result else { throw refused.error ?? .ended }
        return try result.get()
    }
}

/// A closure that C may call, whatever its result.
private class AnyCall {
    func make() { preconditionFailure("a call without a closure is made") }
}

private final class Call<Result>: AnyCall {
    private let body: () throws -> Result
    private(set) var result: Swift.Result<Result, any Error>?

    init(_ body: @escaping () throws -> Result) { self.body = body }

    override func make() {
        let result = Swift.Result { try body() }
        // Only now: while the body runs, nothing of this object is being accessed.
        self.result = result
    }
}
