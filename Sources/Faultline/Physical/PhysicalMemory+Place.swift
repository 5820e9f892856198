import CShim

/// Where a frame is, as far as the allocator knows.
enum FramePlace: Equatable {
    /// No RAM.
    case hole
    /// RAM that the allocator never has: the first 64 KiB, and what the firmware keeps below 1 MiB.
    case reserved
    /// In a free block of the order.
    case free(order: Int)
    /// Free, on a list of the CPU.
    case perCPU
    /// Someone has it.
    case allocated
}

extension PhysicalMemory {
    /// Where a frame is. Precondition: it is below the last one.
    func place(of pfn: PFN) -> FramePlace {
        let zone = node.zone(node.zoneIndex(pfn))
        if zone.pointee.laterRanges.contains(where: { $0.start <= pfn && pfn < $0.end }) {
            return .free(order: Zone.maxOrder)
        }
        guard zone.pointee.openedRanges.contains(where: { $0.start <= pfn && pfn < $0.end }) else {
            return pfn < FirmwareMap.lowEnd ? .reserved : .hole
        }
        if zone.pointee.untouched <= pfn, pfn < zone.pointee.untouchedEnd { return .free(order: Zone.maxOrder) }
        for order in 0...Zone.maxOrder {
            let head = page(pfn & ~(1 << UInt64(order) - 1)).pointee
            if head.has(.buddy), Int(head.order) >= order { return .free(order: Int(head.order)) }
        }
        return page(pfn).pointee.has(.perCPU) ? .perCPU : .allocated
    }
}
