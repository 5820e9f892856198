/// UFFDIO_WRITEPROTECT (`mm/userfaultfd.c`).
extension Machine {
    /// UFFDIO_WRITEPROTECT: with UFFDIO_WRITEPROTECT_MODE_WP (1) writes wait from now on, without it they go on.
    ///
    /// - Throws: EAGAIN while an event is unread, EINVAL, ENOENT for what is not registered so, ENOMEM, ESRCH.
    package func userfaultWriteProtect(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) {
        let context = try unchanged(try caller(process), fd)
        try checkUserfaultRange(start, length)
        try checkMode(mode, known: 3)
        let (protects, sleepsOn) = (mode & 1 != 0, mode & 2 != 0)
        if protects, sleepsOn {
            throw refuse(.EINVAL, .combination("protecting wakes nobody: MODE_DONTWAKE goes with its end only"))
        }
        let mm = try served(context)
        let end = start + length
        guard var vma = findVMA(mm, start, end) else { throw refuse(.ENOENT, .hole(at: start, in: start, end)) }
        // One VMA a round.
        while true {
            if !vma.pointee.flags.has(.userfaultWP) {
                throw refuse(.ENOENT, .userfaultUnregistered(start, end, "registered with UFFDIO_REGISTER_MODE_WP"))
            }
            if vma.pointee.flags.has(.hugeTLB) { try checkHugeAlignment(vma, start, length) }
            let (from, to) = (max(start, vma.pointee.start), min(end, vma.pointee.end))
            if !protectEntries(vma, from, to, userfault: protects ? .protect : .resolve) {
                throw refuse(.ENOMEM, .noFrame("a page table"))
            }
            guard let next = nextVMA(vma), next.pointee.start < end else { break }
            vma = next
        }
        if !protects, !sleepsOn { wakeUserfault(context, start, length) }
    }
}
