/// Which physical addresses are RAM: the e820 map of an ordinary PC.
struct FirmwareMap {
    /// A range of usable frames.
    struct Range: Equatable {
        var start: PFN
        var end: PFN
    }

    /// Ascending, not overlapping.
    let usable: [Range]

    /// Below 4 GiB there is room for 3 GiB of RAM; the rest lies above. The ISA hole at 640 KiB is no RAM.
    init(ramBytes: UInt64) {
        let isaStart: UInt64 = 0xa_0000
        let isaEnd = Self.lowEnd << 12
        let lowLimit: UInt64 = 3 << 30
        let low = min(ramBytes, lowLimit)
        var ranges = [Range(start: 0, end: isaStart >> 12)]
        if low > isaEnd { ranges.append(Range(start: isaEnd >> 12, end: low >> 12)) }
        if ramBytes > lowLimit {
            ranges.append(Range(start: 1 << 20, end: (1 << 20) + (ramBytes - lowLimit) >> 12))
        }
        usable = ranges
    }

    /// The first frame behind the ISA hole.
    static var lowEnd: PFN { 0x100 }

    /// The first frame behind all RAM.
    var endFrame: PFN { usable[usable.count - 1].end }
}
