/// Settings of dirty memory in sysctl(8) (`vm_page_writeback_sysctls` of `mm/page-writeback.c`).
extension KernelSettings {
    /// Their names, and what their values may be.
    static let dirtyRanges: [(name: String, range: ClosedRange<UInt64>)] = [
        ("vm.dirty_background_ratio", 0...100), ("vm.dirty_ratio", 0...100),
        // dirty_background_bytes is at least 1, dirty_bytes two pages.
        ("vm.dirty_background_bytes", 1...UInt64(Int64.max)), ("vm.dirty_bytes", 8192...UInt64(Int64.max)),
        ("vm.dirty_writeback_centisecs", 0...0x7fff_ffff), ("vm.dirty_expire_centisecs", 0...0x7fff_ffff),
    ]

    /// Sets one of them. A ratio takes the place of its bytes, and bytes that of their ratio.
    mutating func applyDirty(_ name: String, _ value: UInt64) {
        switch name {
        case "vm.dirty_background_ratio": (dirtyBackgroundRatio, dirtyBackgroundBytes) = (value, 0)
        case "vm.dirty_ratio": (dirtyRatio, dirtyBytes) = (value, 0)
        case "vm.dirty_background_bytes": (dirtyBackgroundRatio, dirtyBackgroundBytes) = (0, value)
        case "vm.dirty_bytes": (dirtyRatio, dirtyBytes) = (0, value)
        case "vm.dirty_writeback_centisecs": dirtyWritebackCentiseconds = value
        default: dirtyExpireCentiseconds = value
        }
    }
}
