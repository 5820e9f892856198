/// Which folios shared memory may have (`shmem_allowable_huge_orders` in `mm/shmem.c`).
extension Machine {
    /// The orders, a bit each, that a page of a memory file may come in.
    ///
    /// - Parameters:
    ///   - vma: where the fault is; nil for write(2) and fallocate(2).
    ///   - writeEnd: the byte behind what these will write; 0 for a fault.
    func sharedMemoryOrders(
        _ mapping: Handle<FileMapping>, _ vma: Handle<VMArea>?, _ index: UInt64, writeEnd: UInt64 = 0,
        _ use: HugePageUse = .fault
    ) -> UInt32 {
        if let vma, isHugePageDisabled(vma, use) { return 0 }
        let ofFile = ordersOfFile(mapping, vma, index, writeEnd, use)
        // vma_is_anon_shmem: the file has no name, as that of MAP_ANONYMOUS has none, and memory files have none; segments are another kind.
        guard let vma, vma.pointee.kind == .file else { return ofFile }
        let settings = huge.settings
        if settings.sharedMemory == .deny { return 0 }
        if settings.sharedMemory == .force { return settings.orders(sharedMemory: .inherit) }
        var orders = settings.orders(sharedMemory: .always)
        orders |= ordersWithin(mapping, settings.orders(sharedMemory: .withinSize), index, 0)
        if vma.pointee.flags.has(.hugePage) { orders |= settings.orders(sharedMemory: .advise) }
        if ofFile != 0 { orders |= settings.orders(sharedMemory: .inherit) }
        return orders
    }

    /// `shmem_huge_global_enabled`: what `shmem_enabled` says, which is the option `huge=` of the kernel's own mount. A fault has no hint
    /// of how much will be used, and asks for 2 MiB.
    private func ordersOfFile(
        _ mapping: Handle<FileMapping>, _ vma: Handle<VMArea>?, _ index: UInt64, _ writeEnd: UInt64, _ use: HugePageUse
    ) -> UInt32 {
        let whole: UInt32 = 1 << 9
        let setting = huge.settings.sharedMemory
        if setting == .deny { return 0 }
        if use == .collapse || setting == .force { return whole }
        // A tmpfs that a program mounts has `huge=never`.
        if mapping.pointee.mount != 0 { return 0 }
        let wanted = vma == nil ? Self.everyFileOrder : whole
        switch setting {
        case .always: return wanted
        case .withinSize:
            let within = ordersWithin(mapping, wanted, index, writeEnd)
            if within != 0 { return within }
        case .advise: break
        case .never, .deny, .force: return 0
        }
        return vma?.pointee.flags.has(.hugePage) ?? false ? whole : 0
    }

    /// `THP_ORDERS_ALL_FILE_DEFAULT`.
    private static var everyFileOrder: UInt32 { (1 << 10 - 1) & ~1 }

    /// `shmem_get_orders_within_size`: the orders from the largest one down whose folio does not reach beyond the end of the file.
    private func ordersWithin(
        _ mapping: Handle<FileMapping>, _ wanted: UInt32, _ index: UInt64, _ writeEnd: UInt64
    ) -> UInt32 {
        let pages = (max(writeEnd, mapping.pointee.size) &+ 4095) >> 12
        var orders = wanted
        while orders != 0 {
            let order = Self.highest(orders)
            let count: UInt64 = 1 << UInt64(order)
            if pages >= (index &+ count) & ~(count - 1) { return orders }
            orders &= ~(1 << order)
        }
        return 0
    }

    /// `thp_vma_allowable_orders` of a mapping of a file, for all but faults: those of shared memory that the VMA has room for.
    func fileHugePageOrders(_ vma: Handle<VMArea>, _ use: HugePageUse) -> UInt32 {
        guard use != .fault, vma.pointee.kind != .special, let mapping = vma.pointee.file?.pointee.mapping,
            mapping.pointee.kind == .shmem, !isHugePageDisabled(vma, use)
        else { return 0 }
        if use != .smaps, vma.pointee.flags.hasAny(VMFlags.special.adding(.hugeTLB)) { return 0 }
        var orders = Self.everyFileOrder
        if use != .smaps { orders &= 1 << 9 }
        while orders != 0, !isPlaced(vma, Self.highest(orders)) || !holdsFolio(vma, order: Self.highest(orders)) {
            orders &= ~(1 << Self.highest(orders))
        }
        if orders == 0 { return 0 }
        return orders & sharedMemoryOrders(mapping, vma, vma.pointee.pgoff, use)
    }

    /// `thp_vma_suitable_order` as to alignment: places in memory and in the file fit.
    private func isPlaced(_ vma: Handle<VMArea>, _ order: UInt32) -> Bool {
        (vma.pointee.start >> 12 &- vma.pointee.pgoff) & (1 << UInt64(order) - 1) == 0
    }

    /// `thp_vma_suitable_order`: whether a VMA of a file can hold the folio of an order around an address.
    func holdsFileFolio(_ vma: Handle<VMArea>, _ address: VirtualAddress, _ order: UInt32) -> Bool {
        let size = PageSize.base << UInt64(order)
        let start = address & ~(size - 1)
        return isPlaced(vma, order) && start >= vma.pointee.start && start &+ size <= vma.pointee.end
    }
}
