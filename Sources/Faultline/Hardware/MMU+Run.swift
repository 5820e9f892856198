import CShim

/// Accesses under way: those of a caller, how many were made, and where what became of them goes.
struct AccessRun {
    private let accesses: UnsafeBufferPointer<MemoryAccess>
    private let results: UnsafeMutableBufferPointer<MadeAccess>?
    /// How many succeeded.
    private(set) var made = 0

    /// The buffers must outlive the run; `results` has room for all.
    init(_ accesses: UnsafeBufferPointer<MemoryAccess>, results: UnsafeMutableBufferPointer<MadeAccess>? = nil) {
        precondition(results.map { $0.count >= accesses.count } ?? true, "no room for what becomes of each access")
        self.accesses = accesses
        self.results = results
    }

    /// The one to make next; nil after the last.
    var next: MemoryAccess? { made < accesses.count ? accesses[made] : nil }

    /// Notes that the next one succeeded after a page fault.
    mutating func note(_ physical: PhysicalAddress) {
        // SAFETY: there is a next one, and room for as many results.
        results?.baseAddress?.advanced(by: made).initialize(
            to: MadeAccess(rawValue: physical | UInt64(FL_FOUND_FAULT.rawValue) << UInt64(FL_FOUND_SHIFT)))
        made += 1
    }

    /// Lets the CPU make accesses, `most` of them at most. - Returns: nil, or what became of the first that did not succeed.
    mutating func advance(_ cpu: UnsafeMutablePointer<fl_cpu>, atMost most: Int = .max) -> fl_translation? {
        let count = min(accesses.count - made, most)
        guard count > 0 else { return nil }
        var stop = fl_translation()
        // SAFETY: both structs are one UInt64; the buffers have `count` elements from `made` on.
        let done = accesses.baseAddress!.advanced(by: made).withMemoryRebound(to: UInt64.self, capacity: count) {
            words in
            guard let results = results?.baseAddress?.advanced(by: made) else {
                return fl_cpu_run(cpu, words, nil, UInt64(count), &stop)
            }
            return results.withMemoryRebound(to: UInt64.self, capacity: count) {
                fl_cpu_run(cpu, words, $0, UInt64(count), &stop)
            }
        }
        made += Int(done)
        return Int(done) < count ? stop : nil
    }
}

extension MMU {
    /// Makes user accesses of the address space whose top-level table is `root` until one does not succeed: what that came to; nil
    /// after the last.
    mutating func translate(root: PFN, context: UInt32, _ run: inout AccessRun) -> Translation? {
        if check != nil { return translateChecked(root, context, &run) }
        if root != self.root || context != self.context { switchTo(root, context) }
        return run.advance(cpu).map(Self.failure)
    }

    /// The same with a look at the tables behind every entry that answers.
    private mutating func translateChecked(_ root: PFN, _ context: UInt32, _ run: inout AccessRun) -> Translation? {
        switchTo(root, context)
        self.root = .max
        while run.next != nil {
            let before = cpu.pointee.counters.stale_uses
            let stop = run.advance(cpu, atMost: 1)
            if cpu.pointee.counters.stale_uses != before { noteUse(cpu.pointee.last_stale, context) }
            if let stop { return Self.failure(stop) }
        }
        return nil
    }

    /// Has the host's memory under way that an access of the address space will read, where it is the current one.
    func expect(context: UInt32, _ address: VirtualAddress) {
        guard context == self.context else { return }
        // SAFETY: cpu lives as long as self; the call only looks.
        fl_cpu_expect(cpu, address)
    }
}
