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
    /// - Parameter body: gets ``base``. It is released when the run is over, also after a jump; what its code held at that moment is not.
    /// - Throws: ``WindowError``, and what the body throws.
    public func run<Result>(_ body: @escaping (UnsafeMutableRawPointer) throws -> Result) throws -> Result {
        let result = UnsafeMutablePointer<Result>.allocate(capacity: 1)
        defer { result.deallocate() }
        // SAFETY: a closure that is stored is two words, code and context.
        let words = withUnsafeBytes(of: Body(body: body)) { $0.load(as: BodyWords.self) }
        var call = fl_swift_call(code: words.code, context: words.context, base: base, result: result, error: nil)
        var refused = fl_touch()
        // SAFETY: the closure and the room for its result outlive the run.
        let isDone = withExtendedLifetime(body) { fl_window_run_swift(&call, &refused) }
        guard isDone else { throw refused.error ?? .ended }
        guard let error = call.error else { return result.move() }
        throw Self.taken(error)
    }

    /// An error that a function of Swift gave back in its register, owned by who takes it.
    private static func taken(_ error: UnsafeMutableRawPointer) -> any Error {
        var word = error
        // SAFETY: `any Error` is one reference, and this one is moved out once.
        return withUnsafeMutableBytes(of: &word) { $0.bindMemory(to: (any Error).self).baseAddress!.move() }
    }
}

private struct Body<Result> {
    let body: (UnsafeMutableRawPointer) throws -> Result
}

private struct BodyWords {
    let code: UnsafeMutableRawPointer
    let context: UnsafeMutableRawPointer?
}
