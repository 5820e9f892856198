/// What only the kernel sees of a VMA: the links of `struct vm_area_struct`.
public struct VMADetails: Sendable, Hashable {
    /// The first address.
    public var start: VirtualAddress
    /// The address after the last.
    public var end: VirtualAddress
    /// `vm_flags`.
    public var flags: VMFlags
    /// Such as `rw-p`.
    public var permissions: String
    /// `vm_pgoff`, in pages; of anonymous memory the place by which rmap finds its pages.
    public var pageOffset: UInt64
    /// The number of its anon_vma; nil until its first private page.
    public var anonVMA: UInt64?
    /// The numbers of the anon_vmas that its `anon_vma_chain` links it to, the newest first.
    public var chain: [UInt64]
    /// The number of the file that it maps; nil for anonymous memory and mappings of the kernel's own.
    public var file: UInt64?
    /// Its name, as ``VMAView/name``.
    public var name: String
}

extension Machine {
    /// The VMAs of a process as the kernel has them, in the order of addresses.
    ///
    /// - Throws: ESRCH.
    public func vmaDetails(_ process: ProcessID) throws(Errno) -> [VMADetails] {
        var result: [VMADetails] = []
        var cursor = try task(process.index).mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            var chain: [UInt64] = []
            var link = vma.pointee.chainFirst
            while let current = link {
                chain.append(current.pointee.anonVMA.pointee.serial)
                link = current.pointee.next
            }
            result.append(
                VMADetails(
                    start: vma.pointee.start, end: vma.pointee.end, flags: vma.pointee.flags,
                    permissions: vma.pointee.flags.permissions,
                    pageOffset: vma.pointee.kind == .special ? 0 : vma.pointee.pgoff,
                    anonVMA: vma.pointee.anonVMA?.pointee.serial, chain: chain,
                    file: vma.pointee.file?.pointee.mapping.pointee.serial, name: name(of: vma)))
        }
        return result
    }

    /// Every entry of a process's VMAs that is not empty, in the order of addresses. A huge entry is shown as those that it
    /// stands for.
    ///
    /// - Parameter range: the VMAs that lie in it, or reach into it, are looked at.
    /// - Throws: ESRCH.
    public func forEachEntry(
        _ process: ProcessID, in range: Range<VirtualAddress>,
        _ body: (_ address: VirtualAddress, _ rawValue: UInt64) -> Void
    ) throws(Errno) {
        var cursor = try task(process.index).mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            if vma.pointee.start >= range.upperBound { return }
            if vma.pointee.end <= range.lowerBound { continue }
            forEachEntry(vma) { address, entry in if range.contains(address) { body(address, entry.rawValue) } }
        }
    }
}
