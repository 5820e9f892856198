/// Who maps a merged page (`rmap_walk_ksm`).
extension Machine {
    private struct Place: Hashable {
        let vma: Handle<VMArea>
        let address: VirtualAddress
    }

    /// Calls `body` with each VMA and address that maps a merged page. Each item names an address; forks have it at the same one, without
    /// an item of their own until ksmd comes by, and are found behind all that have.
    ///
    /// The walk comes upon a child with an item of its own twice; here each place counts once.
    func forEachMergedPlace(of pfn: PFN, _ body: (Handle<VMArea>, VirtualAddress) -> Void) {
        guard let node = page(pfn).pointee.stableNode else { return }
        var seen: Set<Place> = []
        var places: [Place] = []
        for searchesForks in [false, true] {
            var item = node.pointee.firstItem
            while let current = item {
                item = current.pointee.next
                guard let anonVMA = current.pointee.anonVMA else { continue }
                let address = current.pointee.address
                var chains = anonVMA.pointee.tree.all()
                while let chain = chains.next() {
                    let vma = chain.pointee.vma
                    guard vma.pointee.contains(address),
                        (vma.pointee.mm == current.pointee.slot.pointee.mm) != searchesForks
                    else { continue }
                    let place = Place(vma: vma, address: address)
                    if seen.insert(place).inserted { places.append(place) }
                }
            }
        }
        for place in places {
            let entry = readPTE(place.vma.pointee.mm, place.address)
            if EntryState(lastLevel: entry.rawValue) == .page(pfn) { body(place.vma, place.address) }
        }
    }
}
