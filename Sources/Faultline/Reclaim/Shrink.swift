/// A run of reclaim (`mm/vmscan.c`): priorities from 12 to 0, until enough is free.
extension Machine {
    /// `do_try_to_free_pages`. - Returns: pages freed.
    func freePages(_ control: inout ScanControl) -> UInt64 {
        while true {
            if !control.isOfGroup {
                reclaimFigures.stalls += 1
                if !physical.lackedMovable { reclaimFigures.unmovableStalls += 1 }
            }
            repeat {
                shrinkNode(&control)
                if control.reclaimed >= control.goal { break }
                control.priority -= 1
            } while control.priority >= 0
            noteActivations(control.target)
            if control.reclaimed > 0 || !control.triesHarder() { return control.reclaimed }
        }
    }

    /// `snapshot_refaults`.
    func noteActivations(_ vector: Int) {
        lruVectors[vector].notedActivations = figures(vector).activations
    }

    /// `shrink_node` and `shrink_node_memcgs`: one priority, over the lruvecs of the target.
    func shrinkNode(_ control: inout ScanControl) {
        let before = control.reclaimed
        prepareScan(&control)
        for vector in control.isOfGroup ? control.target..<control.target + 1 : 0..<LRULists.vectorCount {
            shrinkVector(vector, &control)
            shrinkShadowNodes(vector, control.priority)
            if huge.deferred[vector].count > 0 { shrinkDeferredSplits(vector, control.priority) }
        }
        if control.reclaimed > before {
            kswapdFailures = 0
        } else if control.trimsCache {
            control.failedToTrim = true
        }
    }

    /// `prepare_scan_control`.
    private func prepareScan(_ control: inout ScanControl) {
        let vector = lruVectors[control.target]
        let figures = figures(control.target)
        (control.anonCost, control.fileCost) = (vector.anonCost, vector.fileCost)
        func isAged(_ isFile: Bool) -> Bool {
            control.forcesDeactivation || figures.activations[isFile] != vector.notedActivations[isFile]
                || figures.isInactiveLow(isFile: isFile)
        }
        control.mayDeactivate = (isAged(false), isAged(true))
        let share = UInt64(control.priority)
        control.trimsCache =
            figures.inactive.file >> share > 0 && !control.mayDeactivate.file && !control.neverTrims
        control.hasFewFilePages = false
        if control.isOfGroup { return }
        var free: UInt64 = 0
        var high: UInt64 = 0
        for zone in physical.zones where zone.managed > 0 {
            free += zone.free
            high += zone.watermarks.high
        }
        control.hasFewFilePages =
            figures.inactive.file + figures.active.file + free <= high && !control.mayDeactivate.anon
            && figures.inactive.anon >> share > 0
    }

    /// `shrink_lruvec`: batches of the lists in turn. Once enough is free the smaller kind ends, and the larger one in proportion.
    private func shrinkVector(_ vector: Int, _ control: inout ScanControl) {
        let targets = scanTargets(vector, control)
        var rest = targets
        var reclaimed: UInt64 = 0
        let isProportional =
            !control.isOfGroup && !control.isKswapd && control.priority == ScanControl.firstPriority
        while rest.goesOn {
            for kind in 0..<LRUKind.unevictable where rest[kind] > 0 {
                let count = min(rest[kind], UInt64(ScanControl.batch))
                rest[kind] -= count
                reclaimed += shrinkList(vector, kind, Int(count), &control)
            }
            if reclaimed < control.goal || isProportional { continue }
            if rest.anon == 0 || rest.file == 0 { break }
            cut(&rest, of: targets)
        }
        control.reclaimed += reclaimed
        // Pages age even where none was to go.
        if hasSwap, figures(vector).isInactiveLow(isFile: false) {
            shrinkActive(vector, isFile: false, ScanControl.batch, control)
        }
    }

    /// The part of `shrink_lruvec` that keeps the balance of the kinds when it stops early.
    private func cut(_ rest: inout ScanTargets, of targets: ScanTargets) {
        let endsAnon = rest.file > rest.anon
        let percentage = endsAnon ? rest.anon * 100 / (targets.anon + 1) : rest.file * 100 / (targets.file + 1)
        let ended = endsAnon ? LRUKind.inactiveAnon : LRUKind.inactiveFile
        let kept = endsAnon ? LRUKind.inactiveFile : LRUKind.inactiveAnon
        for offset in 0...1 {
            rest[ended + offset] = 0
            let done = targets[kept + offset] - rest[kept + offset]
            let wanted = targets[kept + offset] * (100 - percentage) / 100
            rest[kept + offset] = wanted - min(wanted, done)
        }
    }

    /// `shrink_list`. - Returns: pages freed.
    private func shrinkList(_ vector: Int, _ kind: Int, _ count: Int, _ control: inout ScanControl) -> UInt64 {
        switch kind {
        case LRUKind.activeAnon, LRUKind.activeFile:
            let isFile = kind == LRUKind.activeFile
            if isFile ? control.mayDeactivate.file : control.mayDeactivate.anon {
                shrinkActive(vector, isFile: isFile, count, control)
            } else {
                control.skippedDeactivation = true
            }
            return 0
        default: return shrinkInactive(vector, isFile: kind == LRUKind.inactiveFile, count, &control)
        }
    }

    // MARK: How much

    /// `get_scan_count`.
    private func scanTargets(_ vector: Int, _ control: ScanControl) -> ScanTargets {
        var targets = ScanTargets()
        let balance = scanBalance(vector, control)
        for kind in 0..<LRUKind.unevictable {
            let isFile = kind >= LRUKind.inactiveFile
            let share = lruLists.count(vector, kind) >> UInt64(control.priority)
            switch balance {
            case .equal: targets[kind] = share
            case .file: targets[kind] = isFile ? share : 0
            case .anon: targets[kind] = isFile ? 0 : share
            case .fraction(let anon, let file): targets[kind] = share * (isFile ? file : anon) / (anon + file)
            }
        }
        return targets
    }

    /// `enum scan_balance`.
    private enum ScanBalance {
        case equal, file, anon
        case fraction(anon: UInt64, file: UInt64)
    }

    private func scanBalance(_ vector: Int, _ control: ScanControl) -> ScanBalance {
        if !control.maySwap || freeSwapSlots == 0 { return .file }
        let swappiness = vector == 0 ? settings.swappiness : memoryGroup.swappiness
        if control.isOfGroup, swappiness == 0 { return .file }
        if control.priority == 0, swappiness != 0 { return .equal }
        if control.hasFewFilePages { return .anon }
        if control.trimsCache { return .file }
        // calculate_pressure_balance.
        let total = control.anonCost + control.fileCost
        let (anonCost, fileCost) = (total + control.anonCost, total + control.fileCost)
        let both = anonCost + fileCost
        return .fraction(
            anon: swappiness * (both + 1) / (anonCost + 1), file: (200 - swappiness) * (both + 1) / (fileCost + 1))
    }
}
