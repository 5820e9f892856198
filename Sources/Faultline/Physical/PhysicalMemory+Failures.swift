/// Which allocations of frames fail although there are frames: what `fail_page_alloc` of the kernel's fault injection does.
struct AllocationFailures {
    /// Numbers of allocations, counted from 1 since the switch was set.
    let failing: ClosedRange<UInt64>
    /// Allocations so far, those that failed among them.
    var count: UInt64 = 0

    init(_ failing: ClosedRange<UInt64>) { self.failing = failing }

    /// Counts and lets none fail.
    static var none: AllocationFailures { AllocationFailures(UInt64.max...UInt64.max) }
}

extension PhysicalMemory {
    /// For tests: lets allocations fail from here on; nil ends it. The frames that the others get are the same.
    ///
    /// Nothing of it is on the way of an allocation that may not fail: the quick way looks at the list of the preferred zone,
    /// and that of ``bypass`` is always empty.
    mutating func setFailures(_ failures: AllocationFailures?) {
        self.failures = failures
        choosePreferred()
    }

    /// Counts an allocation. - Returns: whether it must fail.
    mutating func countAllocation() -> Bool {
        guard var failures else { return false }
        failures.count += 1
        self.failures = failures
        return failures.failing.contains(failures.count)
    }
}
