import CExec
import Faultline
import Glibc

/// What the host's fork must not copy, and the one page that it must.
extension SimulatedSpace {
    /// Prepares a fork of the host: a child gets none of the memory that the machine copies for it. Where the kernel itself writes for the
    /// thread each time it goes on (rseq(2)), parent and child have a page of the host's own meanwhile.
    ///
    /// - Returns: the page that is lent, or nil.
    /// - Throws: ENOMEM where the host refuses.
    func prepareFork(of thread: Int32, by simulated: Int, kernelWritesAt place: UInt64?) throws(Errno) -> UInt64? {
        let page = try place.flatMap { (place) throws(Errno) in try lend(place & ~4095, to: thread, simulated) }
        var spared = native
        if let page { spared.insert(page..<page + 4096) }
        for area in try machine.mappedAreas(process, in: Self.userRange) where !area.isSpecial {
            for part in spared.outside(area.range) { try keepFromChild(part) }
        }
        if !stackRange.isEmpty { for part in spared.outside(stackRange) { try keepFromChild(part) } }
        return page
    }

    private func keepFromChild(_ range: Range<UInt64>) throws(Errno) {
        let error = fl_remote_keep_from_child(remote, range.lowerBound, range.upperBound - range.lowerBound)
        if error != 0 { throw .ENOMEM }
    }

    /// Replaces a page by one of the host's own with the same bytes. - Returns: nil where the machine has no page there.
    private func lend(_ page: UInt64, to thread: Int32, _ simulated: Int) throws(Errno) -> UInt64? {
        guard let frame = try machine.shownFrame(simulated, at: page) else { return nil }
        hide(page..<page + 4096)
        if settle() != 0 || fl_remote_lend(remote, page) != 0 { throw .ENOMEM }
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: both calls stay within the bytes.
        let isCopied = bytes.withUnsafeMutableBytes {
            pread(machine.ramFile, $0.baseAddress!, 4096, off_t(frame << 12)) == 4096
                && fl_tracee_write(thread, page, $0.baseAddress!, 4096) == 4096
        }
        if !isCopied { throw .ENOMEM }
        return page
    }

    /// Puts the machine's page back where one of the host's was lent, with what the kernel has written meanwhile.
    func takeBack(_ page: UInt64, from thread: Int32, _ simulated: Int) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: the copy stays within the bytes.
        let count = bytes.withUnsafeMutableBytes { fl_tracee_read(thread, page, $0.baseAddress!, 4096) }
        if count == 4096, let before = try? machine.read(ProcessID(simulated), at: page, count: 4096), before != bytes {
            for index in 0..<4096 where before[index] != bytes[index] {
                try? machine.write(ProcessID(simulated), at: page + UInt64(index), [bytes[index]])
            }
        }
        _ = settle()
        _ = follow(page..<page + 4096)
    }
}
