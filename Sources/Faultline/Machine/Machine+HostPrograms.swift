/// What a program of the host needs that runs on simulated memory: who maps what, and frames whose bytes the host fills.
extension Machine {
    /// A VMA, as far as the host's mappings depend on it.
    package struct MappedArea: Equatable {
        /// Addresses, whole pages.
        package let range: Range<VirtualAddress>
        /// PROT_READ 1, PROT_WRITE 2 and PROT_EXEC 4.
        package let protection: UInt32
        /// A mapping of the kernel's own, such as `[vdso]`, which has no frames.
        package let isSpecial: Bool
    }

    /// The VMAs of a process that overlap a range, in the order of addresses, cut to the range. - Throws: ESRCH.
    package func mappedAreas(_ process: Int, in range: Range<VirtualAddress>) throws(Errno) -> [MappedArea] {
        let mm = try task(process).mm
        var areas: [MappedArea] = []
        var address = range.lowerBound
        while address < range.upperBound, let vma = findVMA(mm, address, range.upperBound) {
            let part = max(vma.pointee.start, range.lowerBound)..<min(vma.pointee.end, range.upperBound)
            areas.append(
                MappedArea(
                    range: part, protection: UInt32(truncatingIfNeeded: vma.pointee.flags.rawValue & 7),
                    isSpecial: vma.pointee.kind == .special))
            address = vma.pointee.end
        }
        return areas
    }

    /// The frame that a process has at an address, with real contents; nil where no frame is mapped. - Throws: ESRCH.
    package func shownFrame(_ process: Int, at address: VirtualAddress) throws(Errno) -> PFN? {
        guard let physical = try walk(process, address), physical >> 12 != zeroFrame else { return nil }
        frames.show(physical >> 12, count: 1)
        return physical >> 12
    }

    /// The physical address of an address; nil where no memory is there.
    private func walk(_ process: Int, _ address: VirtualAddress) throws(Errno) -> PhysicalAddress? {
        let mm = try task(process).mm
        guard case .entry(let entry) = lookup(mm, address.pageAlignedDown) else { return nil }
        guard case .page(let pfn) = EntryState(lastLevel: entry.pointee) else { return nil }
        return pfn << 12 + address & 4095
    }

    /// The page of the file that a process maps at an address, where it is in memory: its frame, with real contents.
    ///
    /// - Throws: ESRCH.
    package func shownFilePage(_ process: Int, at address: VirtualAddress) throws(Errno) -> PFN? {
        let mm = try task(process).mm
        guard let vma = lookupVMA(mm, address), let file = vma.pointee.file,
            let pfn = cachedPage(file.pointee.mapping, vma.pointee.pageIndex(address))
        else { return nil }
        frames.show(pfn, count: 1)
        return pfn
    }

    /// The frames of an open file's pages, in order; nil where a page is not in memory. From here on they stay in memory: who asks
    /// fills them with bytes of the host's, once. - Throws: EBADF, ESRCH.
    package func cachedFrames(_ process: Int, _ fd: Int32) throws(Errno) -> [PFN?] {
        let mapping = try openFile(try task(process), fd).pointee.mapping
        mapping.pointee.isUnevictable = true
        return (0..<mapping.pointee.endIndex).map { cachedPage(mapping, $0) }
    }

    /// A descriptor of a process for an open file of another one, as SCM_RIGHTS gives it. - Throws: EBADF, EMFILE, ESRCH.
    package func receive(_ process: Int, _ fd: Int32, from sender: Int) throws(Errno) -> Int32 {
        let file = try openFile(try task(sender), fd)
        getFile(file)
        return try install(file, in: try task(process))
    }
}
