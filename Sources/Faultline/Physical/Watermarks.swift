/// How many free frames a zone should have: `_watermark[]`, `watermark_boost` and `lowmem_reserve` of `struct zone`, in frames.
struct Watermarks {
    /// WMARK_MIN: below it only reclaim itself may take frames.
    var minimum: UInt64 = 0
    /// WMARK_LOW: below it kswapd is woken.
    var low: UInt64 = 0
    /// WMARK_HIGH: where kswapd ends.
    var high: UInt64 = 0
    /// WMARK_PROMO: where kswapd ends while pages are promoted between kinds of memory.
    var promo: UInt64 = 0
    /// `watermark_boost`: what is added to all of them until kswapd ran.
    var boost: UInt64 = 0
    /// Frames kept from requests that could use a higher zone, by the highest zone that the request could use (`lowmem_reserve`).
    var reserves = InlineArray<5, UInt64>(repeating: 0)

    init() {}

    /// `__setup_per_zone_wmarks`.
    ///
    /// - Parameters:
    ///   - all: `min_free_kbytes` in frames.
    ///   - lowMemory: managed frames of all zones but ZONE_MOVABLE.
    mutating func set(_ kind: ZoneKind, managed: UInt64, minimum all: UInt64, lowMemory: UInt64, scale: UInt64) {
        let share = lowMemory == 0 ? 0 : all * managed / lowMemory
        minimum = kind == .movable ? min(max(managed / 1024, 32), 128) : share
        let gap = max(share / 4, managed.fraction(scale, of: 10_000))
        boost = 0
        low = minimum + gap
        high = low + gap
        promo = high + gap
    }
}

extension UInt64 {
    /// `mult_frac`: the product of self and a fraction, without overflow.
    func fraction(_ numerator: UInt64, of denominator: UInt64) -> UInt64 {
        self / denominator * numerator + self % denominator * numerator / denominator
    }

    /// `int_sqrt`.
    var squareRootDown: UInt64 {
        var root = UInt64(Double(self).squareRoot())
        while root * root > self { root -= 1 }
        while (root + 1) * (root + 1) <= self { root += 1 }
        return root
    }
}
