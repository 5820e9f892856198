extension Machine {
    /// `align_hugetlb`: huge pages move whole, and their memory never grows.
    func alignToHugePages(_ vma: Handle<VMArea>, _ request: inout Mremap) throws(Errno) {
        let unit = vma.pointee.hugePageBytes
        request.oldLength = (request.oldLength &+ unit &- 1) & ~(unit - 1)
        request.newLength = (request.newLength &+ unit &- 1) & ~(unit - 1)
        if request.address % unit != 0 {
            throw refuse(.EINVAL, .unaligned("old_address", request.address, to: unit))
        }
        if request.newAddress % unit != 0 {
            throw refuse(.EINVAL, .unaligned("new_address", request.newAddress, to: unit))
        }
        if request.isExpansion { throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "of huge pages", "growth")) }
    }
}
