extension PhysicalMemory {
    /// Where the host ran short: gives it what is free here, and asks again. - Returns: whether it has no more.
    @discardableResult
    func settleHost() -> Bool {
        guard frames.host.pointee.isShort else { return frames.host.pointee.isExhausted }
        frames.host.pointee.isShort = false
        _ = try? giveBackFree()
        frames.host.pointee.isExhausted = !HostUse.hasMore
        return frames.host.pointee.isExhausted
    }

    /// Why no frame is handed out any more; nil while the host has memory.
    var hostShortage: MachineError? { settleHost() ? .hostMemory(available: HostUse.available) : nil }
}
