/// Which huge pages a reservation is about: `struct resv_map` (`mm/hugetlb.c`). Places are counted in huge pages.
///
/// Of a file it has what is reserved, or was until a page came; of private memory the opposite: what of the reservation is used up,
/// since that begins as the whole of the mapping.
struct ReserveMap: Equatable {
    /// `refs`: the file, or the VMAs that share the reservation.
    var holders = 1
    /// `regions`: apart from each other, in order.
    private(set) var regions: [Range<UInt64>] = []

    /// Behind every place that a file can have.
    static var end: UInt64 { 1 << 43 }

    /// `region_count`: how many places of a range are in the map.
    func count(in range: Range<UInt64>) -> UInt64 {
        regions.reduce(0) { sum, region in
            let low = max(region.lowerBound, range.lowerBound)
            let high = min(region.upperBound, range.upperBound)
            return low < high ? sum + (high - low) : sum
        }
    }

    /// `region_chg`: how many places of a range are not in the map.
    func missing(in range: Range<UInt64>) -> UInt64 { range.upperBound - range.lowerBound - count(in: range) }

    func contains(_ place: UInt64) -> Bool { count(in: place..<place + 1) == 1 }

    /// `region_add`. - Returns: how many places were not in the map.
    @discardableResult
    mutating func add(_ range: Range<UInt64>) -> UInt64 {
        if range.isEmpty { return 0 }
        let added = missing(in: range)
        var merged = range
        var rest: [Range<UInt64>] = []
        for region in regions {
            if region.upperBound < merged.lowerBound || region.lowerBound > merged.upperBound {
                rest.append(region)
            } else {
                merged = min(region.lowerBound, merged.lowerBound)..<max(region.upperBound, merged.upperBound)
            }
        }
        rest.append(merged)
        regions = rest.sorted { $0.lowerBound < $1.lowerBound }
        return added
    }

    /// `region_del`. - Returns: how many places were in the map.
    @discardableResult
    mutating func remove(_ range: Range<UInt64>) -> UInt64 {
        let removed = count(in: range)
        if removed == 0 { return 0 }
        regions = regions.flatMap { region -> [Range<UInt64>] in
            let low = region.lowerBound..<min(region.upperBound, max(region.lowerBound, range.lowerBound))
            let high = max(region.lowerBound, min(region.upperBound, range.upperBound))..<region.upperBound
            if region.upperBound <= range.lowerBound || region.lowerBound >= range.upperBound { return [region] }
            return [low, high].filter { !$0.isEmpty }
        }
        return removed
    }

    /// - Returns: what is wrong, or nil.
    func checkInvariants() -> String? {
        var end: UInt64?
        for region in regions {
            if region.isEmpty { return "a region is empty" }
            if let end, region.lowerBound <= end { return "regions touch or are out of order" }
            end = region.upperBound
        }
        return holders > 0 ? nil : "nobody holds it"
    }
}
