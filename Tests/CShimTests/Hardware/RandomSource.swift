import CShim

/// SplitMix64: a seed gives the same sequence on every host.
struct RandomSource: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// True in `percent` of a hundred.
    mutating func chance(_ percent: UInt64) -> Bool {
        next() % 100 < percent
    }

    /// A number below `bound`.
    mutating func below(_ bound: UInt64) -> UInt64 {
        next() % bound
    }
}

extension fl_ram {
    /// The frame `pfn` as a page table.
    func table(_ pfn: UInt64) -> UnsafeMutablePointer<UInt64> {
        // SAFETY: the tests name only frames below `frames`; a frame is 4 KiB, aligned, and trivially typed.
        UnsafeMutableRawPointer(base + Int(pfn << 12)).assumingMemoryBound(to: UInt64.self)
    }
}
