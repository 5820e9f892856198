extension Machine {
    /// mseal(2): what is mapped in the range can no longer be unmapped, moved or given other rights.
    ///
    /// - Throws: EINVAL for a bad range or flags, ENOMEM for a hole; nothing is sealed then.
    func mseal(_ task: Process, _ start: UInt64, _ size: UInt64, flags: UInt64) throws(Errno) {
        let length = size.pageAlignedUp
        let end = start &+ length
        if flags != 0 { throw refuse(.EINVAL, .argument("flags", .bits(flags), "must be 0")) }
        if !start.isPageAligned { throw refuse(.EINVAL, .unaligned("addr", start)) }
        if size != 0 && length == 0 { throw refuse(.EINVAL, .lengthWraps("len", size)) }
        if end < start { throw refuse(.EINVAL, .rangeWraps(start, size)) }
        if end == start { return }
        var address = start
        while address < end {
            guard let vma = lookupVMA(task.mm, address) else {
                throw refuse(.ENOMEM, .hole(at: address, in: start, end))
            }
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
