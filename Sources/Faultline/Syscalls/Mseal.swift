extension Machine {
    /// mseal(2): what is mapped in the range can no longer be unmapped, moved or given other rights.
    ///
    /// - Throws: EINVAL for a bad range or flags, ENOMEM for a hole; nothing is sealed then.
    func mseal(_ task: Process, _ start: UInt64, _ size: UInt64, flags: UInt64) throws(Errno) {
        let length = size.pageAlignedUp
        let end = start &+ length
        if flags != 0 || !start.isPageAligned || (size != 0 && length == 0) || end < start { throw .EINVAL }
        if end == start { return }
        var address = start
        while address < end {
            guard let vma = lookupVMA(task.mm, address) else { throw .ENOMEM }
            address = vma.pointee.end
        }
        address = start
        while address < end, let vma = lookupVMA(task.mm, address) {
            let stop = min(vma.pointee.end, end)
            if !vma.pointee.flags.has(.sealed) {
                let flags = vma.pointee.flags.adding(.sealed)
                let target = try modifyVMA(vma, address, stop, flags: flags)
                target.pointee.flags.formUnion(.sealed)
            }
            address = stop
        }
    }
}
