extension Machine {
    /// Notes an event; costs one predictable branch while no one listens.
    @inline(__always)
    func emit(
        _ kind: Event.Kind, _ reason: Event.Reason = .none, _ address: VirtualAddress = 0, _ value: UInt64 = 0
    ) {
        if isTracing { record(kind, reason, address, value) }
    }

    @inline(never)
    private func record(_ kind: Event.Kind, _ reason: Event.Reason, _ address: VirtualAddress, _ value: UInt64) {
        events.append(
            Event(kind: kind, reason: reason, process: cpu.current, address: address, value: value))
        if events.count >= eventLimit { handEventsOver() }
    }

    private func handEventsOver() {
        let full = events
        events.removeAll(keepingCapacity: true)
        eventTaker?(full)
    }
}
