extension Machine {
    /// Whether the rule behind a failed call is kept for ``takeRefusal()``; costs nothing where nothing is refused.
    public var listensForRefusals: Bool {
        get { keepsRefusals }
        set {
            keepsRefusals = newValue
            hearsRefusals = newValue || isTracing
        }
    }

    /// The last refusal since the last call, whose ``Refusal/answer`` is that of a call that failed since; nil where none was
    /// heard.
    public func takeRefusal() -> Refusal? {
        defer { lastRefusal = nil }
        return lastRefusal
    }

    /// The errno to throw, with the rule that refused: `throw refuse(.ENOMEM, .commitLimit(...))`. The rule is made only while
    /// someone listens.
    @inline(__always)
    func refuse(_ errno: Errno, _ rule: @autoclosure () -> Refusal.Rule) -> Errno {
        if hearsRefusals { note(.errno(errno), rule()) }
        return errno
    }

    /// The errno to throw by who makes a call on a machine and refuses it before the machine does.
    public func refusing(_ errno: Errno, _ rule: Refusal.Rule) -> Errno { refuse(errno, rule) }

    /// A rule that led to a signal or left something as it was.
    @inline(__always)
    func refuse(_ answer: Refusal.Answer, _ rule: @autoclosure () -> Refusal.Rule) {
        if hearsRefusals { note(answer, rule()) }
    }

    /// The errno to throw where a call has another name for what a part of it threw: the rule stays.
    func renamed(_ errno: Errno) -> Errno {
        rename(.errno(errno))
        return errno
    }

    /// Gives the refusal that was noted last another answer.
    func rename(_ answer: Refusal.Answer) {
        if passedOver == 0 { lastRefusal?.answer = answer }
        if isTracing, let last = events.lastIndex(where: { $0.kind == .refused }) {
            events[last].refusal?.answer = answer
        }
    }

    /// Runs what may be refused without an effect on the call: such refusals stand in a trace only.
    @discardableResult
    @inline(__always)
    func passingOver<T>(_ body: () throws(Errno) -> T) -> T? {
        passedOver += 1
        defer { passedOver -= 1 }
        return try? body()
    }

    @inline(never)
    private func note(_ answer: Refusal.Answer, _ rule: Refusal.Rule) {
        let refusal = Refusal(answer, rule, process: cpu.current, isPassedOver: passedOver > 0)
        if isTracing {
            events.append(
                Event(kind: .refused, reason: .none, process: cpu.current, address: 0, value: 0, refusal: refusal))
        }
        if keepsRefusals, passedOver == 0 { lastRefusal = refusal }
    }
}
