/// What becomes of pages that come back after reclaim took them (`mm/workingset.c`). The slot of an evicted page keeps a shadow: when it went.
extension Machine {
    /// `workingset_age_nonresident`, for an lruvec and those above it.
    @inline(__always)
    func ageNonresident(_ vector: Int, by pages: UInt64) {
        lruVectors[0].nonresidentAge &+= pages
        if vector != 0 { lruVectors[vector].nonresidentAge &+= pages }
    }

    /// `workingset_eviction`: the word that stays in the slot of a page that is evicted.
    ///
    /// - Parameter vector: that of the cgroup whose limit asked for memory.
    /// - Parameter pages: how many the folio has.
    func makeShadow(of record: UnsafeMutablePointer<PageRecord>, in vector: Int, pages: UInt64 = 1) -> UInt64 {
        let age = lruVectors[vector].nonresidentAge
        ageNonresident(vector, by: pages)
        return Shadow(age: age, vector: vector, wasWorkingset: record.pointee.has(.workingset)).entry
    }

    /// `workingset_refault`: a page comes back that left a shadow. It is active at once where it would have stayed, had the lists been
    /// longer by what is active now. Precondition: the page is on no list yet.
    ///
    /// - Parameter pages: how many the folio has, of which `record` is the head's.
    func refault(_ record: UnsafeMutablePointer<PageRecord>, _ entry: UInt64, pages: UInt64 = 1) {
        let shadow = Shadow(entry)
        let isFile = record.pointee.isOnFileLists
        reclaimFigures.noteRefault(isFile: isFile, pages)
        guard isRecent(shadow, isFile: isFile) else { return }
        reclaimFigures.noteActivation(isFile: isFile, wasActive: shadow.wasWorkingset, pages)
        record.pointee.set(.active)
        let vector = record.pointee.vector
        ageNonresident(vector, by: pages)
        lruVectors[vector].activations[isFile] += pages
        if shadow.wasWorkingset {
            record.pointee.set(.workingset)
            // lru_note_cost_refault.
            noteCost(vector, isFile: isFile, writes: pages, kept: 0)
        }
    }

    /// `workingset_test_recent`.
    private func isRecent(_ shadow: Shadow, isFile: Bool) -> Bool {
        let distance = lruVectors[shadow.vector].nonresidentAge &- shadow.age
        let figures = figures(shadow.vector)
        var size = figures.active.file
        if !isFile { size += figures.inactive.file }
        if freeSwapSlots > 0 {
            size += figures.active.anon
            if isFile { size += figures.inactive.anon }
        }
        // Free memory of the model is what the system's own programs and files have on a live machine.
        if shadow.vector == 0 { size += physical.freePages }
        return distance <= size
    }

    /// `get_nr_swap_pages`.
    @inline(__always) var freeSwapSlots: UInt64 {
        hasSwap ? (swap.area?.slotCount ?? 0) - (swap.area?.usedCount ?? 0) : 0
    }
    /// Whether there is a swap area (`total_swap_pages`). One that swapoff empties is none.
    @inline(__always) var hasSwap: Bool { swap.area.map { !$0.isLeaving } ?? false }
}

/// The word that an evicted page leaves (`pack_shadow`).
private struct Shadow {
    let age: UInt64
    let vector: Int
    /// The page was active once.
    let wasWorkingset: Bool

    init(age: UInt64, vector: Int, wasWorkingset: Bool) {
        self.age = age
        self.vector = vector
        self.wasWorkingset = wasWorkingset
    }

    /// Precondition: the word is one.
    init(_ entry: UInt64) {
        let number = XArrayValue.number(entry)
        age = number >> 2
        vector = Int(number >> 1 & 1)
        wasWorkingset = number & 1 != 0
    }

    var entry: UInt64 { XArrayValue.make(age << 2 | UInt64(vector) << 1 | (wasWorkingset ? 1 : 0)) }
}
