/// Areas by their addresses, each knowing the largest one below it: `vmap_area_root` and `free_vmap_area_root` of `mm/vmalloc.c`.
///
/// A treap: the priorities come from the addresses, so that the same calls give the same tree.
struct VmapTree {
    private(set) var root: Handle<VmapArea>?
    private(set) var count = 0

    private static func refresh(_ node: Handle<VmapArea>) {
        let below = max(node.pointee.left?.pointee.largest ?? 0, node.pointee.right?.pointee.largest ?? 0)
        node.pointee.largest = max(node.pointee.size, below)
    }

    // MARK: Insertion and removal

    /// `link_va`. Precondition: it overlaps no area of the tree.
    mutating func insert(_ area: Handle<VmapArea>) {
        count += 1
        root = Self.insert(area, under: root)
    }

    private static func insert(_ area: Handle<VmapArea>, under node: Handle<VmapArea>?) -> Handle<VmapArea> {
        guard let node else {
            (area.pointee.left, area.pointee.right) = (nil, nil)
            refresh(area)
            return area
        }
        if area.pointee.priority > node.pointee.priority {
            (area.pointee.left, area.pointee.right) = split(node, at: area.pointee.start)
            refresh(area)
            return area
        }
        if area.pointee.start < node.pointee.start {
            node.pointee.left = insert(area, under: node.pointee.left)
        } else {
            node.pointee.right = insert(area, under: node.pointee.right)
        }
        refresh(node)
        return node
    }

    /// What lies below an address, and the rest.
    private static func split(
        _ node: Handle<VmapArea>?, at address: VirtualAddress
    ) -> (Handle<VmapArea>?, Handle<VmapArea>?) {
        guard let node else { return (nil, nil) }
        if node.pointee.start < address {
            let (low, high) = split(node.pointee.right, at: address)
            node.pointee.right = low
            refresh(node)
            return (node, high)
        }
        let (low, high) = split(node.pointee.left, at: address)
        node.pointee.left = high
        refresh(node)
        return (low, node)
    }

    /// `unlink_va`. Precondition: the area is in the tree.
    mutating func remove(_ area: Handle<VmapArea>) {
        count -= 1
        root = Self.remove(area, under: root)
    }

    private static func remove(_ area: Handle<VmapArea>, under node: Handle<VmapArea>?) -> Handle<VmapArea>? {
        guard let node else { preconditionFailure("an area is taken from a tree that it is not in") }
        if node == area { return joined(node.pointee.left, node.pointee.right) }
        if area.pointee.start < node.pointee.start {
            node.pointee.left = remove(area, under: node.pointee.left)
        } else {
            node.pointee.right = remove(area, under: node.pointee.right)
        }
        refresh(node)
        return node
    }

    private static func joined(_ low: Handle<VmapArea>?, _ high: Handle<VmapArea>?) -> Handle<VmapArea>? {
        guard let low else { return high }
        guard let high else { return low }
        if low.pointee.priority > high.pointee.priority {
            low.pointee.right = joined(low.pointee.right, high)
            refresh(low)
            return low
        }
        high.pointee.left = joined(low, high.pointee.left)
        refresh(high)
        return high
    }

    // MARK: Look-up

    /// `find_vmap_area`: the area that an address is in.
    func find(_ address: VirtualAddress) -> Handle<VmapArea>? {
        var node = root
        while let area = node {
            if address < area.pointee.start {
                node = area.pointee.left
            } else if address >= area.pointee.end {
                node = area.pointee.right
            } else {
                return area
            }
        }
        return nil
    }

    /// The area that ends at an address, and the one that begins there.
    func neighbours(_ start: VirtualAddress, _ end: VirtualAddress) -> (Handle<VmapArea>?, Handle<VmapArea>?) {
        (find(start &- 1), find(end))
    }

    /// `find_vmap_lowest_match`: the lowest area with room for a size at an alignment.
    func lowestMatch(_ size: UInt64, align: UInt64) -> Handle<VmapArea>? {
        Self.lowestMatch(size, align, under: root)
    }

    private static func lowestMatch(
        _ size: UInt64, _ align: UInt64, under node: Handle<VmapArea>?
    ) -> Handle<VmapArea>? {
        guard let node, node.pointee.largest >= size else { return nil }
        if let found = lowestMatch(size, align, under: node.pointee.left) { return found }
        let first = (node.pointee.start &+ align &- 1) & ~(align - 1)
        if first < node.pointee.end, node.pointee.end - first >= size { return node }
        return lowestMatch(size, align, under: node.pointee.right)
    }

    /// All areas, in the order of addresses.
    func areas() -> [Handle<VmapArea>] {
        var found: [Handle<VmapArea>] = []
        func visit(_ node: Handle<VmapArea>?) {
            guard let node else { return }
            visit(node.pointee.left)
            found.append(node)
            visit(node.pointee.right)
        }
        visit(root)
        return found
    }

    /// The order of addresses, the heap of priorities, and the largest sizes hold.
    func checkInvariants() -> String? {
        var end: VirtualAddress = 0
        let all = areas()
        if all.count != count { return "\(count) areas are counted, \(all.count) are in the tree" }
        for area in all {
            if area.pointee.start < end || area.pointee.start >= area.pointee.end { return "areas overlap" }
            end = area.pointee.end
            let below = [area.pointee.left, area.pointee.right].compactMap(\.self)
            let largest = below.reduce(area.pointee.size) { max($0, $1.pointee.largest) }
            if largest != area.pointee.largest { return "an area does not know the largest below it" }
            if below.contains(where: { $0.pointee.priority > area.pointee.priority }) { return "the heap is broken" }
        }
        return nil
    }
}
