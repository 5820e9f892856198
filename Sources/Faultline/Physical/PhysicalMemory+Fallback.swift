/// How far the search for a block went: `enum rmqueue_mode`. Within one refill it goes on where the block before was found.
enum FallbackMode: Comparable {
    /// RMQUEUE_NORMAL: on the list of the type.
    case own
    /// RMQUEUE_CLAIM: page blocks of other types become the type's own.
    case claim
    /// RMQUEUE_STEAL: single blocks of other types, which keep theirs.
    case steal
}

/// A block of another type that an allocation took: `mm_page_alloc_extfrag`.
struct Fallback: Equatable {
    /// The first frame that was handed out.
    var pfn: PFN
    /// The order that was asked for, and that of the block that was found.
    var order: Int
    var fallbackOrder: Int
    var type: MigrateType
    var fallbackType: MigrateType
    /// Whether the page block has the type of the allocation now (`change_ownership`).
    var changedOwner: Bool
}

extension PhysicalMemory {
    /// `__rmqueue`: a block of a type, or where there is none of another type's. Linux 6.18 has the rules: first whole page blocks are
    /// claimed, from the largest free block on; then the smallest block that will do is stolen.
    mutating func takeBlock(
        _ index: Int, _ order: Int, _ type: MigrateType, _ rights: AllocationRights, _ mode: inout FallbackMode
    ) -> PFN? {
        let zone = nodes.zone(index)
        // More than half of the free frames are CMA: movable pages use it, so that the rest lasts.
        if rights.contains(.cma), zone.pointee.cma > 0, zone.pointee.freeCMA > zone.pointee.free / 2,
            let block = takeSmallest(index, order, .cma)
        {
            return block
        }
        if mode == .own, let block = takeSmallest(index, order, type) { return block }
        if rights.contains(.cma), zone.pointee.cma > 0, let block = takeSmallest(index, order, .cma) { return block }
        if mode <= .claim, let block = claim(index, order, type, rights) {
            mode = .own
            return block
        }
        guard !rights.contains(.noFragment), let block = steal(index, order, type) else { return nil }
        mode = .steal
        return block
    }

    /// `find_suitable_fallback`: whose block of an order there is.
    private func fallback(_ index: Int, _ order: Int, _ type: MigrateType) -> MigrateType? {
        let area = nodes.zone(index).pointee.areas[order]
        let (first, second) = type.fallbacks
        if area.first(first) != FrameLink.none { return first }
        return area.first(second) != FrameLink.none ? second : nil
    }

    /// `should_try_claim_block`: a movable page does no lasting harm in another's block; others would.
    private static func mayClaim(_ order: Int, _ type: MigrateType) -> Bool {
        order >= PageBlocks.order / 2 || type != .movable
    }

    /// `__rmqueue_claim`.
    private mutating func claim(_ index: Int, _ order: Int, _ type: MigrateType, _ rights: AllocationRights) -> PFN? {
        // Blocks smaller than a page block lie beside others' pages.
        let least = order < PageBlocks.order && rights.contains(.noFragment) ? PageBlocks.order : order
        for current in stride(from: Zone.maxOrder, through: least, by: -1) {
            guard Self.mayClaim(current, type) else { break }
            guard let other = fallback(index, current, type) else { continue }
            let block = PFN(zones[index].areas[current].first(other))
            let found = claimBlock(index, block, current, order, type, other, rights)
            if let found {
                note(Fallback(found, order, current, type, other, nodes.blocks[found]))
                return found
            }
        }
        return nil
    }

    /// `try_to_claim_block`.
    private mutating func claimBlock(
        _ index: Int, _ block: PFN, _ current: Int, _ order: Int, _ type: MigrateType, _ other: MigrateType,
        _ rights: AllocationRights
    ) -> PFN? {
        if current >= PageBlocks.order {
            takeOff(index, block, current, other)
            nodes.blocks.set(block, order: current, type)
            return split(index, block, from: current, to: order, type)
        }
        boost(index, rights)
        guard let pages = countPages(index, block) else { return nil }
        let alike: UInt64
        if type == .movable {
            alike = pages.movable
        } else {
            // What else is there is no movable page; between the two other types nobody can tell.
            alike = other == .movable ? PageBlocks.size - (pages.free + pages.movable) : 0
        }
        guard pages.free + alike >= PageBlocks.size / 2 else { return nil }
        moveFreeBlocks(index, block, from: other, to: type)
        return takeSmallest(index, order, type)
    }

    /// `__rmqueue_steal`.
    private mutating func steal(_ index: Int, _ order: Int, _ type: MigrateType) -> PFN? {
        for current in order...Zone.maxOrder {
            guard let other = fallback(index, current, type) else { continue }
            let block = PFN(zones[index].areas[current].first(other))
            takeOff(index, block, current, other)
            let found = split(index, block, from: current, to: order, other)
            note(Fallback(found, order, current, type, other, nodes.blocks[found]))
            return found
        }
        return nil
    }

    /// `boost_watermark`: a block is mixed up; kswapd shall free more, so that it happens less.
    private func boost(_ index: Int, _ rights: AllocationRights) {
        let zone = nodes.zone(index)
        if settings.watermarkBoostFactor == 0 || PageBlocks.size * 4 > zone.pointee.managed { return }
        let most = zone.pointee.watermarks.high.fraction(settings.watermarkBoostFactor, of: 10_000)
        if most == 0 { return }
        zone.pointee.watermarks.boost = min(
            zone.pointee.watermarks.boost + PageBlocks.size, max(most, PageBlocks.size))
        if rights.contains(.kswapd) { zone.pointee.wasBoosted = true }
    }

    // MARK: Page blocks

    /// `prep_move_freepages_block`: how many frames of a page block are free, and how many of the others may be moved; nil where the
    /// zone does not have all of the block.
    private func countPages(_ index: Int, _ pfn: PFN) -> (free: UInt64, movable: UInt64)? {
        let start = pfn & ~(PageBlocks.size - 1)
        let end = start + PageBlocks.size
        guard start >= zones[index].start, end <= zones[index].end else { return nil }
        var (free, movable) = (0 as UInt64, 0 as UInt64)
        var next = start
        while next < end {
            let record = page(next).pointee
            if record.has(.buddy) {
                free += 1 << UInt64(record.order)
                next += 1 << UInt64(record.order)
                continue
            }
            // PageLRU, or a page with movable_operations.
            if record.hasAny(PageFlag.lru.union(.unevictable)) { movable += 1 }
            next += 1
        }
        return (free, movable)
    }

    /// `move_freepages_block`: the free blocks of a page block go to the lists of another type, and the page block becomes one of it.
    func moveFreeBlocks(_ index: Int, _ pfn: PFN, from old: MigrateType, to new: MigrateType) {
        let start = pfn & ~(PageBlocks.size - 1)
        let zone = nodes.zone(index)
        var next = start
        while next < start + PageBlocks.size {
            let record = page(next).pointee
            guard record.has(.buddy) else {
                next += 1
                continue
            }
            let order = Int(record.order)
            zone.pointee.areas[order].unlink(next, old, in: frames)
            zone.pointee.areas[order].push(next, order, new, in: frames)
            zone.pointee.account(-(1 << Int64(order)), old)
            zone.pointee.account(1 << Int64(order), new)
            next += 1 << UInt64(order)
        }
        nodes.blocks[start] = new
    }

    // MARK: Telling

    private mutating func note(_ fallback: Fallback) {
        if notesFallbacks { fallbacks.append(fallback) }
    }

    /// The fallbacks since the last call.
    mutating func takeFallbacks() -> [Fallback] {
        defer { fallbacks.removeAll(keepingCapacity: true) }
        return fallbacks
    }
}

extension Fallback {
    fileprivate init(
        _ pfn: PFN, _ order: Int, _ fallbackOrder: Int, _ type: MigrateType, _ other: MigrateType, _ now: MigrateType
    ) {
        self.init(
            pfn: pfn, order: order, fallbackOrder: fallbackOrder, type: type, fallbackType: other,
            changedOwner: now == type)
    }

    /// `fragmenting`: the block was smaller than a page block.
    var isFragmenting: Bool { fallbackOrder < PageBlocks.order }
}
