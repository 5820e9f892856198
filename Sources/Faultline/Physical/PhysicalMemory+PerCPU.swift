/// Between the per-CPU lists and the buddy blocks.
extension PhysicalMemory {
    /// `rmqueue_bulk`: frames for the per-CPU list, unless the zone would have no more than `kept` then.
    ///
    /// Small blocks first, as the kernel takes them one by one, then memory that the host has already backed.
    mutating func refill(_ index: Int, keeping kept: UInt64) -> Bool {
        // The records that are touched now are a page of the host's.
        frames.noteRealFrame()
        if settleHost() { return false }
        let zone = node.zone(index)
        let list = zone.pointee.perCPU.frames
        // The list is a stack: filled from its top, it hands the frames out in the order in which they were taken.
        var top = PerCPUPages.batch
        while top > 0, zone.pointee.free > kept {
            let spare = min(UInt64(top), zone.pointee.free - kept)
            let order = min(zone.pointee.smallestOrder(), 63 - spare.leadingZeroBitCount)
            guard let block = takeBlock(index, order) else { break }
            for pfn in block..<(block &+ (1 << UInt64(order))) {
                top &-= 1
                list[top] = pfn
                page(pfn).pointee.flags = .perCPU
            }
        }
        let count = PerCPUPages.batch - top
        noteLowMemory()
        if top > 0 { list.update(from: list + top, count: count) }
        zone.pointee.perCPU.filled(count)
        return count > 0
    }

    /// `wake_all_kswapds`: no zone has more than its low watermark.
    private mutating func noteLowMemory() {
        for zone in zones where !zone.watermarks.isLow(zone.free) { return }
        wasLow = true
    }

    /// `free_pcppages_bulk`: the frames that were given back first go to the buddy lists.
    ///
    /// A mapping that was filled from one block leaves its frames side by side: they go back as the blocks they make.
    @inline(never)
    mutating func drain(_ index: Int) {
        let list = zones[index].perCPU.frames
        var position = 0
        while position < PerCPUPages.freed {
            let order = orderOfRun(list + position, PerCPUPages.freed - position)
            freeBlock(index, list[position], order)
            position += 1 << order
        }
        zones[index].perCPU.dropFirst(PerCPUPages.freed)
    }

    /// The order of the largest block that the first of `count` frames begin, in order.
    @inline(__always)
    private func orderOfRun(_ list: UnsafeMutablePointer<PFN>, _ count: Int) -> Int {
        var order = 0
        let most = min(list[0].trailingZeroBitCount, Zone.maxOrder)
        var length = 1
        while order < most, length << 1 <= count {
            while length < 2 << order, list[length] == list[0] &+ UInt64(length) { length &+= 1 }
            guard length == 2 << order else { break }
            order &+= 1
        }
        return order
    }

    /// `drain_all_pages`.
    mutating func drainAll() {
        for index in zones.indices {
            let list = zones[index].perCPU
            for position in 0..<list.count { freeBlock(index, list.frames[position], 0) }
            zones[index].perCPU.filled(0)
        }
        for position in 0..<tableFrameCount {
            freeBlock(node.zoneIndex(tableFrames[position]), tableFrames[position], 0)
        }
        tableFrameCount = 0
    }
}
