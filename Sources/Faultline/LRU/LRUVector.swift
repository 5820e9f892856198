/// What an lruvec has beside its lists (`struct lruvec`).
struct LRUVector {
    /// What reclaim of each kind of page cost so far: writes to swap, and pages that were looked at for nothing.
    var anonCost: UInt64 = 0
    var fileCost: UInt64 = 0
    /// How many pages were evicted or activated so far: the clock of ``Machine/makeShadow(of:in:pages:)`` (`nonresident_age`).
    var nonresidentAge: UInt64 = 0
    /// Refaults that made a page active so far (`WORKINGSET_ACTIVATE_ANON` and `_FILE`), and how many there were when the last run
    /// of reclaim ended (`refaults[]`).
    var activations = LRUPair()
    var notedActivations = LRUPair()
    /// See ``LRUFigures``.
    var figures = LRUFigures()
}

/// A number of the anonymous lists and one of the file lists.
struct LRUPair: Equatable {
    var anon: UInt64 = 0
    var file: UInt64 = 0

    @inline(__always)
    subscript(isFile: Bool) -> UInt64 {
        get { isFile ? file : anon }
        set { if isFile { file = newValue } else { anon = newValue } }
    }
}

/// What the kernel knows of a memory cgroup's lists without a look at them (`lruvec_page_state`): figures that are gathered now and then,
/// and stay as they were meanwhile.
struct LRUFigures {
    var inactive = LRUPair()
    var active = LRUPair()
    var activations = LRUPair()
    var unevictable: UInt64 = 0

    /// Pages on all lists.
    var everything: UInt64 { total + unevictable }
    /// Pages that reclaim may look at.
    var total: UInt64 { inactive.anon + inactive.file + active.anon + active.file }

    /// `inactive_is_low`: there are more active pages than inactive ones, by a ratio that grows with memory.
    func isInactiveLow(isFile: Bool) -> Bool {
        let gigabytes = (inactive[isFile] + active[isFile]) >> 18
        let ratio = gigabytes > 0 ? (10 * gigabytes).squareRootDown : 1
        return inactive[isFile] * ratio < active[isFile]
    }

    static func + (left: LRUFigures, right: LRUFigures) -> LRUFigures {
        var sum = left
        sum.unevictable += right.unevictable
        for isFile in [false, true] {
            sum.inactive[isFile] += right.inactive[isFile]
            sum.active[isFile] += right.active[isFile]
            sum.activations[isFile] += right.activations[isFile]
        }
        return sum
    }
}

extension Machine {
    /// `mem_cgroup_flush_stats`: the figures of all lruvecs are those of now.
    func refreshFigures() {
        for vector in 0..<LRULists.vectorCount {
            var figures = LRUFigures()
            figures.inactive.anon = lruLists.count(vector, LRUKind.inactiveAnon)
            figures.inactive.file = lruLists.count(vector, LRUKind.inactiveFile)
            figures.active.anon = lruLists.count(vector, LRUKind.activeAnon)
            figures.active.file = lruLists.count(vector, LRUKind.activeFile)
            figures.unevictable = lruLists.count(vector, LRUKind.unevictable)
            figures.activations = lruVectors[vector].activations
            lruVectors[vector].figures = figures
        }
    }

    /// The figures of an lruvec; the machine's own are those of all.
    func figures(_ vector: Int) -> LRUFigures {
        vector == 0 ? lruVectors[0].figures + lruVectors[1].figures : lruVectors[vector].figures
    }

    /// `lru_note_cost`: a write to swap counts as much as 32 pages that were looked at for nothing. The machine's own lruvec bears what
    /// its cgroups do.
    func noteCost(_ vector: Int, isFile: Bool, writes: UInt64, kept: UInt64) {
        let cost = writes * 32 + kept
        if cost == 0 { return }
        for level in stride(from: vector, through: 0, by: -1) {
            if isFile { lruVectors[level].fileCost += cost } else { lruVectors[level].anonCost += cost }
            if lruVectors[level].fileCost + lruVectors[level].anonCost > figures(level).total / 4 {
                lruVectors[level].fileCost /= 2
                lruVectors[level].anonCost /= 2
            }
        }
    }
}
