/// The folders of `Sources/Faultline`, from low to high, and the calls that go up on purpose.
enum Layers {
    static let names = [
        "Base", "Trace", "Storage", "Hardware", "Frames", "Physical", "LRU", "Tables", "KernelSpace", "Mapping",
        "Backing", "Fault",
        "Reclaim", "Process", "Syscalls", "Machine", "Interface",
    ]

    /// A function of a higher folder that a lower one may call.
    struct Upcall: Hashable {
        let from: String
        let to: String
        let function: String
        let reason: String

        init(_ from: String, _ to: String, _ function: String, _ reason: String) {
            self.from = from
            self.to = to
            self.function = function
            self.reason = reason
        }
    }

    /// The kernel makes each of these through a table of functions, or from its slow paths. No others are allowed.
    static let upcalls: [Upcall] = [
        Upcall("Mapping", "Backing", "attachSegment", "`vm_ops->open` of a segment's VMA (`shm_open`)"),
        Upcall("Mapping", "Backing", "detachSegment", "`vm_ops->close` of a segment's VMA (`shm_close`)"),
        Upcall("Mapping", "Backing", "putFile", "`fput`: a VMA that goes may be the last user of its file"),
        Upcall("Mapping", "Backing", "markFilePageDirty", "`a_ops->dirty_folio` for an entry that goes dirty"),
        Upcall("Mapping", "Backing", "duplicateSwapEntry", "`swap_duplicate`: fork copies an entry that names a slot"),
        Upcall("Mapping", "Backing", "discardSwapEntry", "`free_swap_and_cache`: an entry that names a slot goes"),
        Upcall("Mapping", "Backing", "dropSwapCache", "`free_swap_cache`: a page without entries needs no slot"),
        Upcall("Tables", "Mapping", "unhinted", "`mk_pte` with the VMA's protection: a split entry faults no more"),
        Upcall("Fault", "Reclaim", "migrateMisplaced", "`migrate_misplaced_folio`: a page goes to who uses it"),
        Upcall("LRU", "Reclaim", "makeRoomInGroup", "`try_charge_memcg`: a memory cgroup is at its limit"),
        Upcall("Fault", "Reclaim", "relieveMemory", "`__alloc_pages_slowpath`: no frame was left for a fault"),
        Upcall("KernelSpace", "Reclaim", "relieve", "`__alloc_pages_slowpath`: no frame for an area of vmalloc"),
        Upcall("KernelSpace", "Reclaim", "warn", "`warn_alloc`: an area of vmalloc came to nothing"),
        Upcall("Fault", "Reclaim", "runKswapd", "`wake_all_kswapds`: free memory is below the low watermark"),
        Upcall("Fault", "Reclaim", "finishMigration", "`migration_entry_wait`: a fault waits for the page that moves"),
        Upcall("Reclaim", "Process", "exit", "`oom_kill_process`: the victim ends"),
        Upcall("Process", "Syscalls", "mmap", "`elf_load`: a segment is mapped as the call would (`vm_mmap`)"),
        Upcall("Process", "Syscalls", "growHeap", "`set_brk`: bss is mapped as the call would (`vm_brk_flags`)"),
    ]

    /// The number of a folder, from 0 for the lowest.
    static func rank(_ folder: String) -> Int? { names.firstIndex(of: folder) }
}
