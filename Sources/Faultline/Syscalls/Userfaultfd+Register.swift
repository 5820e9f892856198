/// Modes of UFFDIO_REGISTER.
struct UserfaultModes: OptionSet {
    let rawValue: UInt64
    static let missing = UserfaultModes(rawValue: 1)
    static let writeProtect = UserfaultModes(rawValue: 2)
    static let minor = UserfaultModes(rawValue: 4)
    static let all: UserfaultModes = [.missing, .writeProtect, .minor]

    /// The flags of a VMA.
    var flags: VMFlags {
        var flags: VMFlags = []
        if contains(.missing) { flags.formUnion(.userfaultMissing) }
        if contains(.writeProtect) { flags.formUnion(.userfaultWP) }
        if contains(.minor) { flags.formUnion(.userfaultMinor) }
        return flags
    }
}

/// Registering memory with a userfaultfd (`fs/userfaultfd.c`).
extension Machine {
    /// UFFDIO_REGISTER. - Returns: the calls that work on the range. - Throws: EINVAL, ENOMEM, EPERM, EBUSY.
    package func userfaultRegister(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64, mode: UInt64
    ) throws(Errno) -> UInt64 {
        let context = try userfault(try caller(process), fd)
        let modes = UserfaultModes(rawValue: mode)
        if modes.isEmpty || !modes.isSubset(of: .all) {
            throw refuse(.EINVAL, .argument("mode", .bits(mode), "MISSING (1), WP (2) and MINOR (4), at least one"))
        }
        try checkUserfaultRange(start, length)
        let mm = try served(context, gone: .ENOMEM)
        let end = start + length
        guard let first = findVMA(mm, start, end) else { throw refuse(.EINVAL, .hole(at: start, in: start, end)) }
        let isAsynchronous = context.pointee.features.contains(.asynchronous)
        if first.pointee.flags.has(.hugeTLB) { try checkHugeAlignment(first, start, 0) }
        var hasHugePages = false
        try forEachVMA(first, end) { vma throws(Errno) in
            if !canUserfault(vma, modes.flags, isAsynchronous: isAsynchronous) {
                throw refuse(.EINVAL, .userfaultKind(vma.pointee.range, modes.flags))
            }
            // UFFDIO_COPY fills holes of a file even without PROT_WRITE.
            if !vma.pointee.flags.has(.mayWrite) {
                throw refuse(.EPERM, .mayNot(vma.pointee.range, missing: .mayWrite))
            }
            if vma.pointee.flags.has(.hugeTLB) {
                hasHugePages = true
                if end <= vma.pointee.end { try checkHugeAlignment(vma, 0, end) }
            }
            if let other = vma.pointee.userfault, other != context {
                throw refuse(.EBUSY, .userfaultOwner(vma.pointee.range))
            }
        }
        try register(context, first, start, end, modes.flags)
        var calls = hasHugePages ? UserfaultCalls.basicRange : UserfaultCalls.range
        if !modes.contains(.writeProtect) { calls &= ~UserfaultCalls.writeProtect }
        if !modes.contains(.minor) { calls &= ~UserfaultCalls.continue }
        return calls
    }

    /// `userfaultfd_register_range`.
    private func register(
        _ context: Handle<UserfaultContext>, _ first: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress,
        _ modes: VMFlags
    ) throws(Errno) {
        let mm = first.pointee.mm
        var address = start
        while address < end, let vma = findVMA(mm, address, end) {
            var last = vma
            // A VMA that has these modes and more keeps them.
            if vma.pointee.userfault != context || !vma.pointee.flags.isSuperset(of: modes) {
                let from = max(address, vma.pointee.start)
                last = try setUserfault(vma, from, min(end, vma.pointee.end), context, modes)
            }
            address = last.pointee.end
        }
    }

    /// UFFDIO_UNREGISTER. - Throws: EINVAL, ENOMEM.
    package func userfaultUnregister(
        _ process: Int, _ fd: Int32, _ start: UInt64, _ length: UInt64
    ) throws(Errno) {
        let context = try userfault(try caller(process), fd)
        try checkUserfaultRange(start, length)
        let mm = try served(context, gone: .ENOMEM)
        let end = start + length
        guard let first = findVMA(mm, start, end) else { throw refuse(.EINVAL, .hole(at: start, in: start, end)) }
        let isAsynchronous = context.pointee.features.contains(.asynchronous)
        if first.pointee.flags.has(.hugeTLB) { try checkHugeAlignment(first, start, 0) }
        try forEachVMA(first, end) { vma throws(Errno) in
            if let other = vma.pointee.userfault, other != context {
                throw refuse(.EINVAL, .userfaultOwner(vma.pointee.range))
            }
            let modes = vma.pointee.flags.intersection(.userfault)
            if !canUserfault(vma, modes, isAsynchronous: isAsynchronous) {
                throw refuse(.EINVAL, .userfaultKind(vma.pointee.range, modes))
            }
        }
        var address = start
        while address < end, let vma = findVMA(mm, address, end) {
            var last = vma
            if vma.pointee.userfault != nil {
                let from = max(address, vma.pointee.start)
                let to = min(end, vma.pointee.end)
                if vma.pointee.flags.has(.userfaultMissing) { wakeUserfault(context, from, to - from) }
                last = try clearUserfault(vma, from, to)
            }
            address = last.pointee.end
        }
    }

    /// `vma_can_userfault`.
    private func canUserfault(_ vma: Handle<VMArea>, _ modes: VMFlags, isAsynchronous: Bool) -> Bool {
        if vma.pointee.flags.has(.droppable) { return false }
        let isShmem = vma.pointee.kind == .file && vma.pointee.file?.pointee.mapping.pointee.kind == .shmem
        let isHuge = vma.pointee.flags.has(.hugeTLB)
        if modes.has(.userfaultMinor), !isShmem, !isHuge { return false }
        // What only notes the writes works with memory of any kind.
        if isAsynchronous, modes == .userfaultWP { return true }
        return vma.pointee.isAnonymous || isShmem || isHuge
    }

    /// A range of huge pages begins and ends between two of them. - Throws: EINVAL.
    func checkHugeAlignment(_ vma: Handle<VMArea>, _ start: UInt64, _ length: UInt64) throws(Errno) {
        let unit = vma.pointee.hugePageBytes
        if start % unit != 0 { throw refuse(.EINVAL, .unaligned("start", start, to: unit)) }
        if length % unit != 0 { throw refuse(.EINVAL, .unaligned("the end", length, to: unit)) }
    }

    /// `for_each_vma_range`, from the first VMA on.
    private func forEachVMA(
        _ first: Handle<VMArea>, _ end: VirtualAddress, _ body: (Handle<VMArea>) throws(Errno) -> Void
    ) throws(Errno) {
        var next: Handle<VMArea>? = first
        while let vma = next, vma.pointee.start < end {
            try body(vma)
            next = nextVMA(vma)
        }
    }
}
