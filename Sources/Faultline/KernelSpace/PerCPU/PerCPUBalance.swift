/// `pcpu_balance_workfn`: the worker that keeps some pages with frames for callers that cannot wait, and no more chunks than needed.
///
/// A kernel's worker runs soon after it was woken; here it runs at once.
extension Machine {
    func balancePerCPU() {
        freePerCPUChunks(emptyOnly: false)
        reclaimPerCPUPages()
        populateEmptyPages()
        freePerCPUChunks(emptyOnly: true)
    }

    /// `pcpu_balance_free`: of chunks that are all free the first stays. With `emptyOnly` those that have frames stay, too.
    private func freePerCPUChunks(emptyOnly: Bool) {
        for number in kernel.perCPU.slots[kernel.perCPU.freeSlot].dropFirst() {
            guard let chunk = kernel.perCPU.chunks[number], !emptyOnly || chunk.emptyPages == 0 else { continue }
            for range in chunk.populated.ranges(of: true, in: 0..<chunk.pageCount) { depopulate(number, range) }
            destroyPerCPUChunk(number)
        }
    }

    /// `pcpu_reclaim_populated`: chunks that were set aside give back frames of pages without areas, from their ends on.
    private func reclaimPerCPUPages() {
        while let number = kernel.perCPU.slots[kernel.perCPU.depopulateSlot].first,
            let chunk = kernel.perCPU.chunks[number]
        {
            var freed = chunk.pageCount..<chunk.pageCount
            let returns = depopulateEmpty(number, &freed)
            if !freed.isEmpty { flushPerCPU(chunk, freed) }
            if returns || chunk.freeBytes == kernel.perCPU.layout.unitBytes {
                kernel.perCPU.reintegrate(number)
            } else {
                kernel.perCPU.move(number, to: kernel.perCPU.sidelinedSlot, isFirst: false)
            }
        }
    }

    /// Runs of empty pages, the last first. - Returns: true where too few would be left elsewhere: the chunk is used again.
    private func depopulateEmpty(_ number: Int, _ freed: inout Range<Int>) -> Bool {
        var end: Int?
        var index = (kernel.perCPU.chunks[number]?.pageCount ?? 0) - 1
        while index >= 0, let chunk = kernel.perCPU.chunks[number] {
            if chunk.emptyPages == 0 { return false }
            if kernel.perCPU.emptyPages < PerCPUSpace.manyEmptyPages { return true }
            if chunk.blocks[index].contigHint == PerCPUBlock.bits, chunk.populated[index] {
                end = end ?? index
                if index > 0 {
                    index -= 1
                    continue
                }
                index -= 1
            }
            if let last = end {
                let range = index + 1..<last + 1
                depopulate(number, range)
                freed =
                    freed.isEmpty
                    ? range
                    : min(freed.lowerBound, range.lowerBound)..<max(freed.upperBound, range.upperBound)
                end = nil
            }
            index -= 1
        }
        return false
    }

    /// `pcpu_balance_populated`: four empty pages with frames, in the fullest chunks; in a new one where there are not as many.
    private func populateEmptyPages() {
        let flags = GFPFlags.kernel.union(.noRetry).union(.noWarn)
        while true {
            var wanted = PerCPUSpace.manyEmptyPages
            if kernel.perCPU.hasAtomicFailure {
                kernel.perCPU.hasAtomicFailure = false
            } else {
                wanted = min(max(wanted - kernel.perCPU.emptyPages, 0), wanted)
            }
            var hasFailed = false
            for slot in kernel.perCPU.slot(of: 4096)...kernel.perCPU.freeSlot where wanted > 0 && !hasFailed {
                let number = kernel.perCPU.slots[slot].first {
                    kernel.perCPU.chunks[$0].map { $0.populatedCount < $0.pageCount } ?? false
                }
                guard let number, let chunk = kernel.perCPU.chunks[number] else { continue }
                for range in chunk.populated.ranges(of: false, in: 0..<chunk.pageCount) where wanted > 0 {
                    let pages = range.lowerBound..<range.lowerBound + min(range.count, wanted)
                    hasFailed = !populate(number, pages, flags)
                    if hasFailed { break }
                    wanted -= pages.count
                }
            }
            if wanted == 0 || hasFailed { return }
            guard let chunk = makePerCPUChunk(flags) else { return }
            kernel.perCPU.relocate(chunk, from: -1)
        }
    }
}
