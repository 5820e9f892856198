import CShim

/// What simulated RAM has taken of the host's memory, in pages of 4 KiB.
struct HostUse {
    /// Pages that may have been taken since the host was asked last.
    var taken = 0
    /// The host has no more to give than it needs itself: no frame is handed out any more, and the run ends.
    var isExhausted = false

    /// After so many pages the host is asked again.
    static var interval: Int { 1 << 14 }
    /// What is left to the host, in bytes.
    static var reserve: UInt64 { 256 << 20 }
}

extension PhysicalMemory {
    /// A frame's contents, or a page of records, takes memory of the host.
    @inline(__always)
    func noteRealFrame() {
        host.pointee.taken &+= 1
        if host.pointee.taken >= HostUse.interval { askHost() }
    }

    /// Looks whether the host has memory for as much again; what is free here goes back to it first.
    @inline(never)
    private func askHost() {
        host.pointee.taken = 0
        let needed = HostUse.reserve + UInt64(HostUse.interval) << 12
        if fl_host_available() >= needed { return }
        _ = try? giveBackFree()
        host.pointee.isExhausted = fl_host_available() < needed
    }

    /// Why no frame is handed out any more; nil while the host has memory.
    var hostShortage: MachineError? {
        host.pointee.isExhausted ? .hostMemory(available: fl_host_available()) : nil
    }
}
