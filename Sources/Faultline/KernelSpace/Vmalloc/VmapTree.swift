/// Areas by their addresses, each knowing the largest one below it: `free_vmap_area_root`, and the trees of `struct vmap_node` of
/// `mm/vmalloc.c`.
///
/// A red-black tree that grows and turns as the kernel's does: which area an aligned search comes upon depends on the tree's shape.
struct VmapTree {
    var root: Handle<VmapArea>?
    private(set) var count = 0

    // MARK: Insertion and removal

    /// `insert_vmap_area`, `link_va`. Precondition: it overlaps no area of the tree.
    mutating func insert(_ area: Handle<VmapArea>) {
        count += 1
        area.pointee.parent = nil
        (area.pointee.left, area.pointee.right) = (nil, nil)
        area.pointee.isRed = true
        var node = root
        while let above = node {
            area.pointee.parent = above
            node = area.pointee.end <= above.pointee.start ? above.pointee.left : above.pointee.right
        }
        if let parent = area.pointee.parent {
            if area.pointee.end <= parent.pointee.start {
                parent.pointee.left = area
            } else {
                parent.pointee.right = area
            }
        } else {
            root = area
        }
        refreshUp(from: area)
        repairAfterInsertion(area)
    }

    /// `unlink_va`. Precondition: the area is in the tree.
    mutating func remove(_ area: Handle<VmapArea>) {
        count -= 1
        precondition(count >= 0, "an area is taken from a tree that it is not in")
        unlink(area)
        (area.pointee.parent, area.pointee.left, area.pointee.right) = (nil, nil, nil)
    }

    /// An area of the tree grows or shrinks in place (`va_clip`, `merge_or_add_vmap_area`): what is above learns of it.
    func resize(_ area: Handle<VmapArea>, _ start: VirtualAddress, _ end: VirtualAddress) {
        (area.pointee.start, area.pointee.end) = (start, end)
        refreshUp(from: area)
    }

    /// `merge_or_add_vmap_area`: an area joins the neighbours that it touches.
    ///
    /// - Returns: areas that are no longer needed.
    mutating func merge(_ area: Handle<VmapArea>) -> [Handle<VmapArea>] {
        switch neighbours(area.pointee.start, area.pointee.end) {
        case (nil, nil):
            insert(area)
            return []
        case (let before?, nil):
            resize(before, before.pointee.start, area.pointee.end)
            return [area]
        case (nil, let after?):
            resize(after, area.pointee.start, after.pointee.end)
            return [area]
        case (let before?, let after?):
            let end = after.pointee.end
            remove(after)
            resize(before, before.pointee.start, end)
            return [area, after]
        }
    }

    // MARK: Look-up

    /// `__find_vmap_area`: the area that an address is in.
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
    private func neighbours(
        _ start: VirtualAddress, _ end: VirtualAddress
    ) -> (Handle<VmapArea>?, Handle<VmapArea>?) {
        let (before, after) = (find(start &- 1), find(end))
        return (before?.pointee.end == start ? before : nil, after?.pointee.start == end ? after : nil)
    }

    /// `get_subtree_max_size`.
    private static func largest(_ node: Handle<VmapArea>?) -> UInt64 { node?.pointee.largest ?? 0 }

    /// `is_within_this_va`.
    private static func fits(
        _ area: Handle<VmapArea>, _ size: UInt64, _ align: UInt64, _ from: VirtualAddress
    ) -> Bool {
        let first = (max(area.pointee.start, from) &+ align &- 1) & ~(align - 1)
        guard first &+ size >= first, first >= from else { return false }
        return first &+ size <= area.pointee.end
    }

    /// `find_vmap_lowest_match`: an area with room for a size at an alignment, the lowest that a search for the size and what an
    /// alignment may cost comes upon.
    func lowestMatch(_ size: UInt64, align: UInt64, from start: VirtualAddress) -> Handle<VmapArea>? {
        let length = align > PageSize.base ? size + align - 1 : size
        var (node, from) = (root, start)
        while let area = node {
            if Self.largest(area.pointee.left) >= length, from < area.pointee.start {
                node = area.pointee.left
                continue
            }
            if Self.fits(area, size, align, from) { return area }
            if Self.largest(area.pointee.right) >= length {
                node = area.pointee.right
                continue
            }
            // Back up to the first one that has a way to the right that was not taken.
            node = area.pointee.parent
            while let above = node {
                if Self.fits(above, size, align, from) { return above }
                if Self.largest(above.pointee.right) >= length, from <= above.pointee.start {
                    from = above.pointee.start + 1
                    node = above.pointee.right
                    break
                }
                node = above.pointee.parent
            }
        }
        return nil
    }

    /// All areas, in the order of addresses.
    func areas() -> [Handle<VmapArea>] {
        var found: [Handle<VmapArea>] = []
        var node = root
        while let left = node?.pointee.left { node = left }
        while let area = node {
            found.append(area)
            node = Self.following(area)
        }
        return found
    }

    /// `rb_next`.
    static func following(_ area: Handle<VmapArea>) -> Handle<VmapArea>? {
        if var node = area.pointee.right {
            while let left = node.pointee.left { node = left }
            return node
        }
        var node = area
        while let parent = node.pointee.parent, parent.pointee.right == node { node = parent }
        return node.pointee.parent
    }
}
