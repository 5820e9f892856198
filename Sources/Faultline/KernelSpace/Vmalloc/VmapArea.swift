/// A part of the kernel's addresses, in use or free: `struct vmap_area`, with the `struct vm_struct` of one in use.
struct VmapArea {
    var start: VirtualAddress
    var end: VirtualAddress
    // The tree that it is in (`rb_node`).
    var parent: Handle<VmapArea>?
    var left: Handle<VmapArea>?
    var right: Handle<VmapArea>?
    var isRed = false
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
    /// The node of the CPU that asked for it (`decode_vn_id`), to whose pool it goes back; -1 for none.
    var poolNode = -1

    init(start: VirtualAddress, end: VirtualAddress) {
        self.start = start
        self.end = end
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
    /// VM_ALLOC, of a chunk of per-CPU memory (`pcpu_get_vm_areas`).
    case perCPU
}
