/// A stretch of physical memory that a boot maps with entries of one size (`struct map_range`).
struct DirectMapPiece: Sendable, Equatable {
    var range: Range<PhysicalAddress>
    /// Binary logarithm of the bytes that an entry maps: 12, 21 or 30.
    var shift: UInt64
}

extension Memblock {
    /// ISA_END_ADDRESS.
    private static var lowEnd: PhysicalAddress { 0x10_0000 }

    /// `init_mem_mapping`: what is mapped, in the kernel's order. The first MiB comes first, holes and all; then RAM from the top down, in
    /// steps that grow. A stretch that lies in a large page of nothing but RAM is mapped by that whole page, and the next stretch of
    /// the page maps it again: the kernel counts it then once more.
    func directMap() -> [DirectMapPiece] {
        var pieces = split(0..<Self.lowEnd)
        let (start, end) = (Self.lowEnd, end)
        if end <= start { return pieces }
        // memory_map_top_down: the highest free large page begins, so that tables have a place.
        var step = PageSize.large
        let first =
            highest(step, in: start..<end).map { $0 + PageSize.large } ?? max(start, end & ~(PageSize.large - 1))
        var last = first
        var mapped: UInt64 = 0
        while last > start {
            let next = last > step ? max((last - 1) & ~(step - 1), start) : start
            mapped += map(next..<last, &pieces)
            last = next
            // get_new_step_size
            if mapped >= step { step <<= 8 }
        }
        if first < end { _ = map(first..<end, &pieces) }
        return pieces
    }

    /// `init_range_memory_mapping`: the RAM of a range. Returns how much it is.
    private func map(_ range: Range<PhysicalAddress>, _ pieces: inout [DirectMapPiece]) -> UInt64 {
        var bytes: UInt64 = 0
        for region in memory {
            let inside = region.range.clamped(to: range)
            if inside.isEmpty { continue }
            pieces += split(inside)
            bytes += UInt64(inside.count)
        }
        return bytes
    }

    /// `split_mem_range` with `adjust_range_page_size_mask`: the largest pages that fit; larger ones where they hold nothing but RAM.
    private func split(_ range: Range<PhysicalAddress>) -> [DirectMapPiece] {
        let end = range.upperBound
        var place = range.lowerBound
        var pieces: [DirectMapPiece] = []
        func add(upTo limit: PhysicalAddress, from start: PhysicalAddress, _ shift: UInt64) {
            if start >= limit { return }
            let piece = DirectMapPiece(range: start..<limit, shift: adjusted(start..<limit, shift))
            // What is alike and side by side is mapped at once.
            if let last = pieces.last, last.shift == piece.shift, last.range.upperBound == start {
                pieces[pieces.count - 1].range = last.range.lowerBound..<limit
            } else {
                pieces.append(piece)
            }
            place = limit
        }
        add(upTo: min(Self.up(place, 21), end), from: place, 12)
        add(upTo: min(Self.up(place, 30), Self.down(end, 21)), from: Self.up(place, 21), 21)
        add(upTo: Self.down(end, 30), from: Self.up(place, 30), 30)
        add(upTo: Self.down(end, 21), from: Self.up(place, 21), 21)
        add(upTo: end, from: place, 12)
        return pieces
    }

    private func adjusted(_ range: Range<PhysicalAddress>, _ shift: UInt64) -> UInt64 {
        for larger in [30, 21] as [UInt64] where larger > shift {
            let (start, end) = (Self.down(range.lowerBound, larger), Self.up(range.upperBound, larger))
            // memblock_is_region_memory
            if memory.contains(where: { $0.range.lowerBound <= start && end <= $0.range.upperBound }) { return larger }
        }
        return shift
    }

    private static func up(_ address: PhysicalAddress, _ shift: UInt64) -> PhysicalAddress {
        down(address + 1 << shift - 1, shift)
    }

    private static func down(_ address: PhysicalAddress, _ shift: UInt64) -> PhysicalAddress {
        (address >> shift) << shift
    }

    /// `memblock_phys_alloc_range` of a block that is as aligned as it is large: the highest free one of a range.
    private func highest(_ size: UInt64, in range: Range<PhysicalAddress>) -> PhysicalAddress? {
        for region in free.reversed() {
            let inside = region.range.clamped(to: range)
            guard inside.upperBound >= size else { continue }
            let start = (inside.upperBound - size) & ~(size - 1)
            if start >= inside.lowerBound { return start }
        }
        return nil
    }
}
