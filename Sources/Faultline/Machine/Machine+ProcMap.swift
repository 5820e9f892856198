/// Questions to /proc/PID/maps, and what can be written to /proc/PID/clear_refs.
extension Machine {
    /// PROCMAP_QUERY_ flags (`uapi/linux/fs.h`).
    private enum QueryFlag {
        static let permissions: [(bit: UInt64, flag: VMFlags)] = [
            (1, .read), (2, .write), (4, .exec), (8, .mayShare),
        ]
        static let coveringOrNext: UInt64 = 0x10
        static let fileBacked: UInt64 = 0x20
        static let known: UInt64 = 0x3f
    }

    /// PROCMAP_QUERY (`do_procmap_query`): the VMA at an address, or with a flag the next one that has what is asked for.
    ///
    /// - Throws: EINVAL for flags, ENOENT, EACCES, ESRCH.
    package func queryMap(
        _ process: Int, of target: Int, _ address: UInt64, flags: UInt64
    ) throws(Errno) -> VMAView {
        let other = try task(target)
        let task = try caller(process)
        if task.mm != other.mm, !mayInspect(task, other) {
            throw refuse(.EACCES, .mayNotReach(user: task.user, target: other.user))
        }
        if flags & ~QueryFlag.known != 0 {
            throw refuse(.EINVAL, .unknownBits("flags", flags, known: QueryFlag.known))
        }
        var wanted = VMFlags()
        for (bit, flag) in QueryFlag.permissions where flags & bit != 0 { wanted.formUnion(flag) }
        let takesNext = flags & QueryFlag.coveringOrNext != 0
        var cursor = address
        while let vma = findVMA(other.mm, cursor) {
            let isFile = vma.pointee.file != nil
            if flags & QueryFlag.fileBacked == 0 || isFile, vma.pointee.flags.isSuperset(of: wanted),
                takesNext || vma.pointee.start <= address
            {
                return VMAView(
                    start: vma.pointee.start, end: vma.pointee.end, permissions: vma.pointee.flags.permissions,
                    offset: isFile ? vma.pointee.pgoff << 12 : 0, name: name(of: vma), flags: "")
            }
            if !takesNext { break }
            cursor = vma.pointee.end
        }
        throw refuse(.ENOENT, .nothingMapped(at: address))
    }

    /// What numa_maps says of the policy in force on a VMA; nil for the default (`show_numa_map`).
    func policyShown(_ vma: Handle<VMArea>, _ process: Int) -> String? {
        let own = policy(of: vma, at: vma.pointee.start)
        return policy(own != 0 ? own : taskPolicy(Int32(process)).policy)?.text
    }

    /// A write of a number to /proc/PID/clear_refs (`clear_refs_write`).
    ///
    /// - Throws: EINVAL, EACCES, ESRCH.
    package func clearRefs(_ process: Int, of target: Int, _ value: Int64) throws(Errno) {
        let other = try task(target)
        let task = try caller(process)
        // The file has mode 0200.
        let owner = other.mm.pointee.isDumpable ? other.user : 0
        if !task.capabilities.overridesFileModes, task.user != owner {
            throw refuse(.EACCES, .mayNotReach(user: task.user, target: other.user))
        }
        guard (1...5).contains(value) else {
            throw refuse(.EINVAL, .argument("value", .count(value), "must be 1 to 5"))
        }
        let mm = other.mm
        if value == 5 { mm.pointee.peakRSS = mm.pointee.rssPages }
        // Soft-dirty bits are not in this kernel: only the TLB is flushed.
        if value == 4 { flushTLB(mm, .clearRefs) }
        if value > 3 { return }
        var cursor = mm.pointee.tree.cursor()
        while let vma = cursor.next() {
            if vma.pointee.flags.has(.pfnMap) { continue }
            if value == 2 && vma.pointee.file != nil || value == 3 && vma.pointee.file == nil { continue }
            clearAccessed(vma)
        }
    }

    /// `clear_refs_pte_range`. The TLB is not flushed, as the kernel does not: an entry there keeps the bit from being set again.
    private func clearAccessed(_ vma: Handle<VMArea>) {
        var cursor = TableCursor(frames, root: vma.pointee.mm.pointee.pgd, vma.pointee.start, vma.pointee.end)
        while let step = cursor.step() {
            switch step {
            case .hole: continue
            case .huge(let entry, _):
                entry.pointee &= ~PTE.accessedBit
                hugeFolio(entry)?.head.pointee.clear(.referenced)
            case .entries(let entries):
                for index in 0..<cursor.count {
                    guard case .page(let pfn) = EntryState(lastLevel: entries[index]) else { continue }
                    entries[index] &= ~PTE.accessedBit
                    folio(of: pfn).head.pointee.clear(.referenced)
                }
            }
        }
    }
}
