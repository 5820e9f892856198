extension Machine {
    /// `shmem_get_unmapped_area`: where shared memory goes whose folios may be large. A place that was found without a hint is moved so
    /// that the largest of them can be mapped as a whole.
    ///
    /// - Parameter found: where it would go else.
    func sharedMemoryPlace(
        _ mm: Handle<MMStruct>, _ file: Handle<OpenFile>?, _ address: VirtualAddress, _ length: UInt64,
        _ pgoff: UInt64, _ flags: MapFlags, _ found: VirtualAddress
    ) -> VirtualAddress {
        if !found.isPageAligned || found > AddressSpaceLimit.taskSize - length || flags.contains(.fixed) {
            return found
        }
        guard let size = sharedMemoryUnit(file), found != address, length >= size else { return found }
        let offset = (pgoff << 12) & (size - 1)
        if offset != 0, offset + length < 2 * size { return found }
        if found & (size - 1) == offset { return found }
        let inflated = length + size - 4096
        if inflated > AddressSpaceLimit.taskSize { return found }
        guard var place = place(mm, address, inflated, flags), place.isPageAligned else { return found }
        let beyond = place & (size - 1)
        place = place &+ offset &- beyond
        if beyond > offset { place &+= size }
        return place > AddressSpaceLimit.taskSize - length ? found : place
    }

    /// The size that the place is aligned to; nil where there are no large folios.
    private func sharedMemoryUnit(_ file: Handle<OpenFile>?) -> UInt64? {
        let settings = huge.settings
        switch settings.sharedMemory {
        case .deny: return nil
        case .force: return PageSize.large
        default: break
        }
        let isOff = settings.sharedMemory == .never || file.map { $0.pointee.mapping.pointee.mount != 0 } ?? false
        if file != nil { return isOff ? nil : PageSize.large }
        var orders = settings.orders(sharedMemory: .always) | settings.orders(sharedMemory: .withinSize)
        orders |= settings.orders(sharedMemory: .advise)
        if !isOff { orders |= settings.orders(sharedMemory: .inherit) }
        if orders != 0 { return PageSize.base << UInt64(Self.highest(orders)) }
        return isOff ? nil : PageSize.large
    }
}
