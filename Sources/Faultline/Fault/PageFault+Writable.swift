/// Writes to pages of files that others share.
extension Machine {
    /// `wp_page_shared`: a write through a present read-only entry of shared memory, which is clean or was write-protected
    /// by mprotect.
    func makeSharedWritable(
        _ vma: Handle<VMArea>, _ address: VirtualAddress, _ entry: EntryPointer
    ) -> FaultOutcome {
        let pte = PTE(rawValue: entry.pointee)
        let record = folio(of: pte.pfn).head
        if let mapping = record.pointee.fileMapping, !makePageWritable(mapping, pte.pfn, record) {
            return noSpace(address)
        }
        var new = pte.setting(PTE.accessedBit | PTE.dirtyBit)
        if vma.pointee.flags.has(.write) { new = new.setting(PTE.writeBit) }
        entry.pointee = new.rawValue
        emit(.cowReused, .pageMkwrite, address, pte.pfn)
        return .handled(isMajor: false)
    }

    /// `ext4_page_mkwrite` where the file has one, and `fault_dirty_shared_page`. `record` is that of the folio. - Returns: false when the disk is full.
    @inline(__always)
    func makePageWritable(
        _ mapping: Handle<FileMapping>, _ pfn: PFN, _ record: UnsafeMutablePointer<PageRecord>
    ) -> Bool {
        if mapping.pointee.kind == .disk {
            balanceDirtyPages()
            if !prepareWholeForWrite(mapping, pfn) { return false }
        }
        markFilePageDirty(record)
        return true
    }

    func noSpace(_ address: VirtualAddress) -> FaultOutcome {
        emit(.signal, .diskFull, address)
        refuse(.signal("SIGBUS"), .diskFull)
        return .signal(.busError)
    }
}
