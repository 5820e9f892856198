/// Rules about the kernel's own memory.
extension Refusal.Rule {
    /// An address of the kernel's half that its tables do not map.
    static func notMappedInKernel(_ address: VirtualAddress) -> Self {
        Self("kernel_unmapped", "the kernel maps nothing at \("addr", .address(address))")
    }

    /// `__ioremap_check_ram`.
    static func ioremapOfRAM(_ address: PhysicalAddress) -> Self {
        Self("ioremap_ram", "ioremap of \("addr", .address(address)), which is RAM")
    }

    /// vfree of an address where no area begins.
    static func noVmapArea(_ address: VirtualAddress) -> Self {
        Self("no_vm_area", "no area of vmalloc begins at \("addr", .address(address))")
    }

    /// A frame, or the address of a record, that there is not.
    static func noRecord(_ name: String, _ number: UInt64) -> Self {
        Self("no_page", "no frame of RAM has the number or the record \(name, .bits(number))")
    }

    /// free_percpu of a pointer that no area begins with.
    static func noPerCPUArea(_ pointer: VirtualAddress) -> Self {
        Self(
            "no_percpu_area",
            "no per-CPU area begins at \("p", .address(pointer)): the kernel would free what is not there; the machine does not"
        )
    }

    /// A number that no slab cache has.
    static func noSlabCache(_ number: UInt64) -> Self {
        Self("no_slab_cache", "no slab cache has the number \("cache", .bits(number))")
    }

    /// An address that is no object's.
    static func noObject(_ address: VirtualAddress) -> Self {
        Self(
            "no_object",
            "no object begins at \("addr", .address(address)): the kernel would link the bytes there as a free object, or end in an oops; the machine does neither"
        )
    }
}
