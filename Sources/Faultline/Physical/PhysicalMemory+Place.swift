/// Where a frame is, as far as the allocator knows.
enum FramePlace: Equatable {
    /// No RAM.
    case hole
    /// RAM that the allocator never has: the first 1 MiB, and what was reserved at boot.
    case reserved
    /// In a free block of the order.
    case free(order: Int)
    /// Free, on a list of the CPU.
    case perCPU
    /// Someone has it.
    case allocated
}

extension PhysicalMemory {
    /// Whether a frame is of RAM. Precondition: it is below the last one.
    func isMemory(_ pfn: PFN) -> Bool {
        let zone = nodes.zone(nodes.zoneIndex(pfn))
        return zone.pointee.ranges.contains { $0.contains(pfn) } || pfn < FirmwareMap.lowEnd
            || zone.pointee.memory.contains { $0.contains(pfn) }
    }

    /// Where a frame is. Precondition: it is below the last one.
    func place(of pfn: PFN) -> FramePlace {
        let zone = nodes.zone(nodes.zoneIndex(pfn))
        guard zone.pointee.ranges.contains(where: { $0.contains(pfn) }) else {
            return isMemory(pfn) ? .reserved : .hole
        }
        if zone.pointee.untouched.contains(where: { $0.contains(pfn) }) { return .free(order: Zone.maxOrder) }
        for order in 0...Zone.maxOrder {
            let head = page(pfn & ~(1 << UInt64(order) - 1)).pointee
            if head.has(.buddy), Int(head.order) >= order { return .free(order: Int(head.order)) }
            if head.has(.perCPU), Int(head.order) >= order { return .perCPU }
        }
        return .allocated
    }
}
