import CBench

extension Section {
    /// What the same work costs the live kernel of this machine.
    static let live = Section(name: "live", heading: "The live kernel of this machine") {
        effort throws(BenchError) in
        LiveKernel.costs.map { cost in
            effort.figure(cost.name, limitName: "live kernel", limit: { cost.measure(effort) })
        }
    }
}

/// The live kernel's costs, by name, so that a section can set its own figure beside one of them.
enum LiveKernel {
    /// One cost: its name and the program that measures it, in nanoseconds.
    struct Cost: Sendable {
        let name: String
        let measure: @Sendable (Effort) -> Double
    }

    static let anonymousWriteFault = Cost(name: "anonymous write fault") { fl_live_anonymous_write_fault($0.pages) }
    static let zeroPageReadFault = Cost(name: "zero-page read fault") { fl_live_zero_page_read_fault($0.pages) }
    static let shmemWriteFault = Cost(name: "shmem write fault") { fl_live_shmem_write_fault($0.pages) }
    static let fileFaultAround = Cost(name: "file read fault with fault-around, a page mapped") {
        fl_live_file_fault_around($0.pages)
    }
    static let cowCopy = Cost(name: "copy-on-write fault, copied") { fl_live_cow_copy($0.pages) }
    static let cowReuse = Cost(name: "copy-on-write fault, re-used") { fl_live_cow_reuse($0.pages) }
    static let forkPerPage = Cost(name: "fork, a mapped page") { fl_live_fork_per_page($0.pages) }
    static let fork = Cost(name: "fork of this process") { _ in fl_live_fork() }
    static let munmapPerPage = Cost(name: "munmap, a page") { fl_live_munmap_per_page($0.pages) }
    static let mprotectPerPage = Cost(name: "mprotect, a page") { fl_live_mprotect_per_page($0.pages) }
    static let mmapMunmap = Cost(name: "mmap and munmap") { fl_live_mmap_munmap($0.pages / 8, 0) }
    static let mmapMunmapAmongMany = Cost(name: "mmap and munmap among 20,000 VMAs") {
        fl_live_mmap_munmap($0.pages / 8, 20_000)
    }
    static let mmapTouchMunmap = Cost(name: "mmap, one touch, munmap") { fl_live_mmap_touch_munmap($0.pages / 8) }
    static let mprotectSplit = Cost(name: "mprotect that splits a VMA in three") {
        fl_live_mprotect_split($0.pages / 8)
    }
    static let vmaLookup = Cost(name: "VMA lookup among 20,000 (within mincore)") {
        fl_live_vma_lookup($0.pages * 4, 20_000)
    }
    static let truncateMapped = Cost(name: "truncation of a file mapped 64 times, a page and mapping") {
        fl_live_truncate_mapped($0.pages / 64, 64)
    }

    /// All of them, in the order printed.
    static let costs: [Cost] = [
        anonymousWriteFault, zeroPageReadFault, shmemWriteFault, fileFaultAround, cowCopy, cowReuse, forkPerPage, fork,
        munmapPerPage, mprotectPerPage, mmapMunmap, mmapMunmapAmongMany, mmapTouchMunmap, mprotectSplit, vmaLookup,
        truncateMapped,
    ]
}
