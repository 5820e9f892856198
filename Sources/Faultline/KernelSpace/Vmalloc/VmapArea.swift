/// A part of the area of vmalloc, in use or free: `struct vmap_area`, with the `struct vm_struct` of one in use.
struct VmapArea {
    let start: VirtualAddress
    let end: VirtualAddress
    // The tree that it is in.
    var left: Handle<VmapArea>?
    var right: Handle<VmapArea>?
    /// Larger than those of the areas below it in the tree.
    let priority: UInt64
    /// `subtree_max_size`: the largest area at or below it.
    var largest: UInt64

    /// What an area in use is for.
    var kind = VmapKind.vmalloc
    /// The entries that it has, in pages, the guard page not among them.
    var pageCount: UInt64 = 0
    /// `vm->phys_addr`, of a device.
    var physical: PhysicalAddress = 0
    /// Where the program asked for it: a line, 0 for the kernel itself.
    var line: UInt64 = 0
    /// The objects of slab caches that stand for it: the `vmap_area`, the `vm_struct`, the array of pages.
    var object: VirtualAddress = 0
    var record: VirtualAddress = 0
    var array: VirtualAddress = 0
    /// log2 of the pages that one entry maps: 0, or 9 of huge ones.
    var order = 0

    init(start: VirtualAddress, end: VirtualAddress) {
        self.start = start
        self.end = end
        // Spread by the address, so that the tree is flat whatever the order of calls is.
        var mixer = SplitMix64(seed: start)
        priority = mixer.next()
        largest = end - start
    }

    var size: UInt64 { end - start }
}

/// `vm->flags`, as far as they say what an area is.
public enum VmapKind: UInt8, Sendable {
    /// VM_ALLOC.
    case vmalloc
    /// VM_MAP.
    case vmap
    /// VM_IOREMAP.
    case ioremap
}
