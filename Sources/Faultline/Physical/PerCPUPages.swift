/// Single free frames that one CPU has of a zone, ready to be handed out: `struct per_cpu_pages`. A stack.
struct PerCPUPages {
    /// `pcp->batch` and `pcp->high`, fixed for one CPU. A full list gives back several batches, as the kernel does where a
    /// program frees much at once (`nr_pcp_free`): the frames then make larger blocks.
    static var batch: Int { 64 }
    static var freed: Int { 256 }
    static var high: Int { 512 }

    let frames: UnsafeMutablePointer<PFN>
    private(set) var count = 0

    /// An empty list; ``destroy()`` frees it.
    init() { frames = .allocate(capacity: Self.high + Self.batch) }

    func destroy() { frames.deallocate() }

    /// The frame that came last; nil where there is none.
    @inline(__always)
    mutating func pop() -> PFN? {
        let rest = count &- 1
        if rest < 0 { return nil }
        count = rest
        // SAFETY: below the count.
        return frames[rest]
    }

    /// - Returns: whether the list is full now, and must be drained before the next one comes.
    @inline(__always)
    mutating func push(_ pfn: PFN) -> Bool {
        // SAFETY: a full list is drained at once.
        frames[count] = pfn
        count &+= 1
        return count >= Self.high
    }

    /// Takes note of how many frames there are, where the caller took or wrote them.
    mutating func filled(_ count: Int) { self.count = count }

    /// Takes the first ones off, which came first.
    mutating func dropFirst(_ number: Int) {
        count -= number
        frames.update(from: frames + number, count: count)
    }
}
