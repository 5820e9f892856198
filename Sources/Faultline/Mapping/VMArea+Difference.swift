/// Why two neighbours are two VMAs, in words and figures. Made only while someone listens.
extension Machine {
    /// The event of a merge that was refused; `left` says that the neighbour lies below.
    @inline(never)
    func noteMergeRefusal(_ reason: Event.Reason, _ merge: VMAMerge, _ neighbour: Handle<VMArea>, left: Bool) {
        guard isTracing else { return }
        let other = neighbour.pointee
        let rule: Refusal.Rule
        switch reason {
        case .flagsDiffer: rule = .flagsDiffer(other.range, has: other.flags, other: merge.flags)
        case .policyDiffers: rule = .policyDiffers(other.range, policyText(other.policy), policyText(merge.policy))
        case .fileDiffers: rule = .fileDiffers(other.range, description(of: neighbour))
        case .offsetDiffers:
            let (first, pages, second) =
                left
                ? (other.pgoff, other.pageCount, merge.pgoff)
                : (merge.pgoff, (merge.end &- merge.start) >> 12, other.pgoff)
            rule = .offsetDiffers(other.range, first: first, pages: pages, second: second)
        case .anonVMADiffers: rule = .anonVMADiffers(other.range)
        case .forkChild: rule = .inheritedByFork(other.range)
        case .closeOperation: rule = .closeOperation(other.range)
        case .userfaultDiffers: rule = .userfaultDiffers(other.range)
        default: rule = .neverMerged(other.range, merge.flags.union(other.flags))
        }
        let refusal = Refusal(.noMerge, rule, process: cpu.current)
        events.append(
            Event(
                kind: .vmaMergeRefused, reason: reason, process: cpu.current,
                address: left ? merge.start : merge.end, value: other.start, refusal: refusal))
    }

    /// The events of a range whose kind is never merged, for each neighbour that it touches.
    func noteNeverMerged(_ merge: VMAMerge) {
        guard isTracing else { return }
        if let previous = merge.previous, previous.pointee.end == merge.start {
            noteMergeRefusal(.special, merge, previous, left: true)
        }
        if let next = merge.next, next.pointee.start == merge.end {
            noteMergeRefusal(.special, merge, next, left: false)
        }
    }

    /// What keeps two neighbours apart, as far as VMAs tell.
    func difference(_ first: Handle<VMArea>, _ second: Handle<VMArea>) -> Refusal.Rule {
        let a = first.pointee
        let b = second.pointee
        if a.policy != b.policy { return .policyDiffers(b.range, policyText(b.policy), policyText(a.policy)) }
        if !VMFlags(rawValue: a.flags.rawValue ^ b.flags.rawValue).removing(.sticky).isEmpty {
            return .flagsDiffer(b.range, has: b.flags, other: a.flags)
        }
        if a.file != b.file || a.kind != b.kind { return .fileDiffers(b.range, description(of: second)) }
        if a.userfault != b.userfault { return .userfaultDiffers(b.range) }
        if a.flags.hasAny(.special) || a.kind == .special { return .neverMerged(b.range, a.flags) }
        if a.pgoff &+ a.pageCount != b.pgoff {
            return .offsetDiffers(b.range, first: a.pgoff, pages: a.pageCount, second: b.pgoff)
        }
        if a.anonVMA != b.anonVMA {
            return a.isForkChild || b.isForkChild ? .inheritedByFork(b.range) : .anonVMADiffers(b.range)
        }
        return .neverJoined(b.range)
    }

    /// A range within which a VMA ends.
    @inline(never)
    func severalVMAsRule(_ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress) -> Refusal.Rule {
        guard let next = nextVMA(vma), next.pointee.start == vma.pointee.end else {
            return .hole(at: vma.pointee.end, in: start, end)
        }
        return .severalVMAs(vma.pointee.range, start, end, next: difference(vma, next).text)
    }

    /// Why a VMA could not grow where it is.
    @inline(never)
    func growthRule(_ vma: Handle<VMArea>, _ request: Mremap) -> Refusal.Rule {
        let end = vma.pointee.end
        let delta = request.newLength &- request.oldLength
        var why = "the VMA below it could not take the growth in"
        if request.address &+ request.oldLength != end {
            why = "the range ends within the VMA"
        } else if end &+ delta < end || end &+ delta > AddressSpaceLimit.taskSize {
            why = "user space ends there"
        } else if let next = findVMA(vma.pointee.mm, end, end &+ delta) {
            why = "the VMA \(next.pointee.range.text) is in the way"
        }
        return .noRoomToGrow(vma.pointee.range, by: delta, why)
    }

    /// Why remap_file_pages(2) found no range of one shared file mapping.
    @inline(never)
    func remapRule(_ task: Process, _ start: VirtualAddress, _ end: VirtualAddress) -> Refusal.Rule {
        guard let first = lookupVMA(task.mm, start) else { return .nothingMapped(at: start) }
        if !first.pointee.isShared { return .wrongKind(first.pointee.range, "private", "remap_file_pages") }
        if first.pointee.file == nil { return .wrongKind(first.pointee.range, "anonymous", "remap_file_pages") }
        var vma = first
        while vma.pointee.end < end, let next = nextVMA(vma) {
            if next.pointee.start != vma.pointee.end { break }
            if next.pointee.file != first.pointee.file || next.pointee.flags != first.pointee.flags {
                return .severalVMAs(vma.pointee.range, start, end, next: difference(vma, next).text)
            }
            vma = next
        }
        return .hole(at: vma.pointee.end, in: start, end)
    }

    private func policyText(_ number: UInt32) -> String { policy(number)?.text ?? "default" }

    /// The file of a VMA, or what it is without one.
    private func description(of vma: Handle<VMArea>) -> String {
        let name = name(of: vma)
        if vma.pointee.file != nil || vma.pointee.kind == .special { return name.isEmpty ? "a file" : name }
        return "anonymous memory"
    }
}
