/// What a program set up with io_uring_setup(2), as far as memory goes: the buffers that it registered (`struct io_ring_ctx`).
struct Ring {
    /// Whose `pinned_vm` the buffers count in (`mm_account`); nil once that address space is gone.
    var mm: Handle<MMStruct>?
    /// The user whose locked memory the ring and its buffers count as (`ctx->user`); nil for one that may lock any.
    var user: UInt32?
    /// The registered pages, each pinned once; nil before anything was registered.
    var buffer: [PFN]?
    /// Pages that the buffers count as: those of a large folio count whole, once.
    var accounted: UInt64 = 0

    /// Those of a buffer whose registration waits for the rest, each pinned once.
    var gathered: [PFN] = []

    /// The pages that it holds.
    var pages: [PFN] { (buffer ?? []) + gathered }

    /// Pages that the ring itself takes: one for its queues, one for its entries.
    static var ownPages: UInt64 { 2 }
}

extension OpenFile {
    /// Whether it stands for a ring (`io_is_uring_fops`), which has no contents.
    var isRing: Bool { mapping.pointee.ring >= 0 }
}

extension Machine {
    /// `user->locked_vm`: pages that a user's rings and their buffers lock.
    func lockedByRings(of user: UInt32) -> UInt64 {
        rings.reduce(0) { sum, ring in
            guard let ring, ring.user == user else { return sum }
            return sum + Ring.ownPages + ring.accounted
        }
    }

    /// `io_sqe_buffers_unregister`: unpins the buffers. - Returns: false where none are registered.
    @discardableResult
    func unregisterBuffers(_ number: Int) -> Bool {
        guard let pages = rings[number]?.buffer else { return false }
        if let ring = rings[number], ring.accounted > 0 { ring.mm?.pointee.pinnedVM -= ring.accounted }
        rings[number]?.buffer = nil
        rings[number]?.accounted = 0
        for pfn in pages { unpinPage(pfn) }
        return true
    }

    /// `io_ring_ctx_free`: the last descriptor is closed.
    func endRing(_ number: Int) {
        unregisterBuffers(number)
        for pfn in rings[number]?.gathered ?? [] { unpinPage(pfn) }
        rings[number] = nil
        while let last = rings.last, last == nil { rings.removeLast() }
    }

    /// An address space goes; the rings that count in it live on where others have their descriptors.
    func forgetAccount(_ mm: Handle<MMStruct>) {
        for number in rings.indices where rings[number]?.mm == mm { rings[number]?.mm = nil }
    }

    /// The references that pins hold on each folio, by its first page.
    func pinReferences() -> [PFN: Int32] {
        var count: [PFN: Int32] = [:]
        for ring in rings { for pfn in ring?.pages ?? [] { count[folio(of: pfn).pfn, default: 0] += Self.pinBias } }
        return count
    }

    /// `pinned_vm` of every address space against the rings that count in it, and every ring against its file.
    func checkRings() -> String? {
        for (process, mm) in liveAddressSpaces {
            let counted = rings.reduce(0 as UInt64) { $1?.mm == mm ? $0 + ($1?.accounted ?? 0) : $0 }
            if counted != mm.pointee.pinnedVM {
                let pinned = mm.pointee.pinnedVM
                return "process \(process.index): pinned_vm is \(pinned), registered buffers have \(counted)"
            }
            if counted > 0, !mm.pointee.hasPinned {
                return "process \(process.index): it has pinned pages, and MMF_HAS_PINNED is not set"
            }
        }
        for pfn in pinReferences().keys where folio(of: pfn).head.pointee.refcount < Self.pinBias {
            return "frame \(pfn): a ring holds it, its references do not say so"
        }
        return nil
    }
}
