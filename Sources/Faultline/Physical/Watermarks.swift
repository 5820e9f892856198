/// How many free frames a zone should have: `_watermark[]` and `lowmem_reserve` of `struct zone`, in frames.
struct Watermarks {
    /// WMARK_MIN: below it only reclaim itself may take frames.
    var minimum: UInt64 = 0
    /// WMARK_LOW: below it kswapd is woken.
    var low: UInt64 = 0
    /// WMARK_HIGH: where kswapd ends.
    var high: UInt64 = 0
    /// Frames kept from requests that could use a higher zone (`lowmem_reserve`).
    var reserve: UInt64 = 0

    /// `sysctl_lowmem_reserve_ratio` of the zones below Normal.
    static var reserveRatio: UInt64 { 256 }

    /// What a request that can use any zone leaves.
    @inline(__always) var kept: UInt64 { minimum + reserve }

    /// Whether as few are free as wake kswapd.
    @inline(__always) func isLow(_ free: UInt64) -> Bool { free <= low + reserve }

    /// `min_free_kbytes` (`init_per_zone_wmark_min`): sqrt(16 * low memory in KiB), 128 KiB to 256 MiB, in frames.
    static func minimum(ofTotal pages: UInt64) -> UInt64 {
        min(max((pages * 4 * 16).squareRootDown, 128), 262_144) / 4
    }

    /// `__setup_per_zone_wmarks` and `setup_per_zone_lowmem_reserve`.
    ///
    /// - Parameters:
    ///   - minimum: of all zones together.
    ///   - above: frames that the zones above have.
    init(minimum all: UInt64, managed: UInt64, total: UInt64, above: UInt64) {
        minimum = all * managed / max(total, 1)
        let gap = max(minimum / 4, managed * 10 / 10_000)
        low = minimum + gap
        high = low + gap
        reserve = above / Self.reserveRatio
    }

    init() {}
}

extension UInt64 {
    /// `int_sqrt`.
    fileprivate var squareRootDown: UInt64 {
        var root = UInt64(Double(self).squareRoot())
        while root * root > self { root -= 1 }
        while (root + 1) * (root + 1) <= self { root += 1 }
        return root
    }
}
