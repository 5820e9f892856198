extension Machine {
    /// MADV_WILLNEED of a part of one VMA (`madvise_willneed`).
    func adviseWillNeed(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        guard let file = vma.pointee.file, file.pointee.mapping.pointee.kind == .disk else {
            if let file = vma.pointee.file {
                let first = vma.pointee.pageIndex(start)
                readSwapped(file.pointee.mapping, from: first, through: first &+ (end - start) >> 12 &- 1)
            } else {
                readSwapped(vma, start, end)
            }
            drainBatches()
            return
        }
        forceReadahead(file, from: vma.pointee.pageIndex(start), count: (end - start) >> 12)
    }

    /// MADV_REMOVE of a part of one VMA (`madvise_remove`): punches a hole into the file.
    ///
    /// - Throws: EINVAL for locked or anonymous memory, EACCES for a mapping that is not shared and writable, EIO.
    func adviseRemove(
        _ task: Process, _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, in range: AdvisedRange
    ) throws(Errno) {
        if vma.pointee.flags.has(.locked) {
            throw refuse(.EINVAL, .flagsForbid(vma.pointee.range, .locked, "MADV_REMOVE"))
        }
        guard let file = vma.pointee.file else {
            throw refuse(.EINVAL, .wrongKind(vma.pointee.range, "anonymous", "MADV_REMOVE"))
        }
        if !vma.pointee.flags.isSuperset(of: [.shared, .mayWrite]) {
            throw refuse(.EACCES, .wrongKind(vma.pointee.range, "not shared and writable (sh and mw)", "MADV_REMOVE"))
        }
        try tellRemoval(vma, start, end, in: range)
        try allocate(task, file, [.punchHole, .keepSize], vma.pointee.pageIndex(start) << 12, end - start)
    }
}
