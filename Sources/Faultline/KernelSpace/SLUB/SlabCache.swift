/// A cache of objects of one size: `struct kmem_cache`, with its `kmem_cache_cpu` and `kmem_cache_node`.
///
/// Free objects hold the pointer to the next one in simulated RAM, as the kernel keeps it with CONFIG_SLAB_FREELIST_HARDENED.
struct SlabCache {
    // What the fast path reads stands first.
    /// `cpu_slab->freelist`: the next object of the CPU's slab; 0 for none.
    var freelist: VirtualAddress = 0
    /// Where the CPU's slab (`cpu_slab->slab`) begins, and the bytes of it that the fast path may use; ``noSlab`` and 0 for none.
    var slabStart: VirtualAddress = Self.noSlab
    var slabBytes: UInt64 = 0
    /// `s->random`: what pointers in free objects are mixed with.
    let random: UInt64
    let offset: UInt64

    /// Its place in ``KernelSpace/caches``.
    let number: Int
    var geometry: SlabGeometry
    /// The bytes that callers may use; of a merged cache the largest.
    var objectSize: UInt32
    let align: UInt32
    /// `s->usersize`: how much of an object may be copied to user memory.
    let userSize: UInt32
    let hasConstructor: Bool
    /// `s->refcount`: names that share it.
    var users: Int32 = 1
    /// `cpu_slab->partial`: a stack of slabs.
    var cpuPartial = FrameLink.none
    /// `kmem_cache_node`: slabs with free objects in order, all slabs, all objects.
    var partialFirst = FrameLink.none
    var partialLast = FrameLink.none
    var partialCount: UInt32 = 0
    var slabCount = 0
    var objectCount = 0
    /// Slabs without a free object, of a cache that notes owners (`n->full`).
    var fullFirst = FrameLink.none
    /// `s->sheaf_capacity`: 0 for none.
    let sheafCapacity: Int

    static var noSlab: VirtualAddress { .max }

    /// `kmem_cache_debug`.
    @inline(__always) var isDebugged: Bool { !geometry.flags.isDisjoint(with: .debug) }

    /// `freelist_ptr_encode` and `freelist_ptr_decode`: the stored word, and the pointer that it stands for.
    @inline(__always)
    func mixed(_ pointer: UInt64, at place: VirtualAddress) -> UInt64 { pointer ^ random ^ place.byteSwapped }
}
