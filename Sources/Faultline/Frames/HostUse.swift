import CShim

/// What simulated RAM has taken of the host's memory, in pages of 4 KiB, and what makes its use fast.
struct HostUse {
    /// Pages that may have been taken since the host was asked last.
    var taken = 0
    /// The host had less left than it needs; the allocator gives free frames back before it hands out more.
    var isShort = false
    /// The host has no more to give than it needs itself: no frame is handed out any more, and the run ends.
    var isExhausted = false
    /// The frame that was copied to last, for the order of the next copy (``FrameTable/copyFrame(from:to:)``); no contents depend on it.
    var lastCopy: PFN = 0

    /// After so many pages the host is asked again.
    static var interval: Int { 1 << 14 }
    /// What is left to the host, in bytes.
    static var reserve: UInt64 { 256 << 20 }

    /// What the host has left, in bytes.
    static var available: UInt64 { fl_host_available() }

    /// Whether the host has memory for as much again.
    static var hasMore: Bool { available >= reserve + UInt64(interval) << 12 }
}

extension FrameTable {
    /// A frame's contents, or a page of records, takes memory of the host.
    @inline(__always)
    func noteRealFrame() {
        host.pointee.taken &+= 1
        if host.pointee.taken >= HostUse.interval { askHost() }
    }

    @inline(never)
    private func askHost() {
        host.pointee.taken = 0
        if !HostUse.hasMore { host.pointee.isShort = true }
    }
}
