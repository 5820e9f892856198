extension Machine {
    /// MADV_WILLNEED of a part of one VMA (`madvise_willneed`).
    func adviseWillNeed(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        guard let file = vma.pointee.file, file.pointee.mapping.pointee.kind == .disk else {
            // Without swap nothing can be brought in, but both ways end in an empty batch.
            drainBatches()
            return
        }
        let index = vma.pointee.pageIndex(start)
        let count = (end - start) >> 12
        readPages(file.pointee.mapping, from: index, count: min(count, settings.readaheadPages))
    }

    /// MADV_REMOVE of a part of one VMA (`madvise_remove`): punches a hole into the file.
    ///
    /// - Throws: EINVAL for locked or anonymous memory, EACCES for a mapping that is not shared and writable, EIO.
    func adviseRemove(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress
    ) throws(Errno) {
        if vma.pointee.flags.has(.locked) { throw .EINVAL }
        guard let file = vma.pointee.file else { throw .EINVAL }
        if !vma.pointee.flags.isSuperset(of: [.shared, .mayWrite]) { throw .EACCES }
        try allocate(task, file, [.punchHole, .keepSize], vma.pointee.pageIndex(start) << 12, end - start)
    }
}
