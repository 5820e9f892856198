import CFaultline
import FaultlineC
import Testing

/// Swift defines what the header declares: the types must agree, which no linker sees.
struct SignatureTests {
    private func agree<Function>(_: Function, _: Function) {}

    @Test("each function has the type that the header gives it")
    func signatures() {
        agree(CFaultline.faultline_machine_create, FaultlineC.faultline_machine_create)
        agree(CFaultline.faultline_machine_destroy, FaultlineC.faultline_machine_destroy)
        agree(CFaultline.faultline_machine_check, FaultlineC.faultline_machine_check)
        agree(CFaultline.faultline_machine_meminfo, FaultlineC.faultline_machine_meminfo)
        agree(CFaultline.faultline_machine_trace, FaultlineC.faultline_machine_trace)
        agree(CFaultline.faultline_machine_take_events, FaultlineC.faultline_machine_take_events)
        agree(CFaultline.faultline_spawn, FaultlineC.faultline_spawn)
        agree(CFaultline.faultline_fork, FaultlineC.faultline_fork)
        agree(CFaultline.faultline_exit, FaultlineC.faultline_exit)
        agree(CFaultline.faultline_is_alive, FaultlineC.faultline_is_alive)
        agree(CFaultline.faultline_mmap, FaultlineC.faultline_mmap)
        agree(CFaultline.faultline_munmap, FaultlineC.faultline_munmap)
        agree(CFaultline.faultline_mprotect, FaultlineC.faultline_mprotect)
        agree(CFaultline.faultline_mremap, FaultlineC.faultline_mremap)
        agree(CFaultline.faultline_madvise, FaultlineC.faultline_madvise)
        agree(CFaultline.faultline_brk, FaultlineC.faultline_brk)
        agree(CFaultline.faultline_mlock, FaultlineC.faultline_mlock)
        agree(CFaultline.faultline_munlock, FaultlineC.faultline_munlock)
        agree(CFaultline.faultline_mincore, FaultlineC.faultline_mincore)
        agree(CFaultline.faultline_msync, FaultlineC.faultline_msync)
        agree(CFaultline.faultline_mseal, FaultlineC.faultline_mseal)
        agree(CFaultline.faultline_memfd_create, FaultlineC.faultline_memfd_create)
        agree(CFaultline.faultline_disk_file, FaultlineC.faultline_disk_file)
        agree(CFaultline.faultline_ftruncate, FaultlineC.faultline_ftruncate)
        agree(CFaultline.faultline_close, FaultlineC.faultline_close)
        agree(CFaultline.faultline_fadvise, FaultlineC.faultline_fadvise)
        agree(CFaultline.faultline_read, FaultlineC.faultline_read)
        agree(CFaultline.faultline_write, FaultlineC.faultline_write)
        agree(CFaultline.faultline_load, FaultlineC.faultline_load)
        agree(CFaultline.faultline_store, FaultlineC.faultline_store)
        agree(CFaultline.faultline_access, FaultlineC.faultline_access)
    }

    @Test("each function for figures, windows, arenas and call sites has the type that the header gives it")
    func otherSignatures() {
        agree(CFaultline.faultline_process_figures, FaultlineC.faultline_process_figures)
        agree(CFaultline.faultline_fault_counts, FaultlineC.faultline_fault_counts)
        agree(CFaultline.faultline_page_at, FaultlineC.faultline_page_at)
        agree(CFaultline.faultline_process_maps, FaultlineC.faultline_process_maps)
        agree(CFaultline.faultline_process_smaps, FaultlineC.faultline_process_smaps)
        agree(CFaultline.faultline_process_status, FaultlineC.faultline_process_status)
        agree(CFaultline.faultline_window_open, FaultlineC.faultline_window_open)
        agree(CFaultline.faultline_window_close, FaultlineC.faultline_window_close)
        agree(CFaultline.faultline_window_run, FaultlineC.faultline_window_run)
        agree(CFaultline.faultline_window_populate, FaultlineC.faultline_window_populate)
        agree(CFaultline.faultline_window_statistics, FaultlineC.faultline_window_statistics)
        agree(CFaultline.faultline_arena_create, FaultlineC.faultline_arena_create)
        agree(CFaultline.faultline_arena_destroy, FaultlineC.faultline_arena_destroy)
        agree(CFaultline.faultline_arena_allocate, FaultlineC.faultline_arena_allocate)
        agree(CFaultline.faultline_arena_free, FaultlineC.faultline_arena_free)
        agree(CFaultline.faultline_arena_block_size, FaultlineC.faultline_arena_block_size)
        agree(CFaultline.faultline_arena_used, FaultlineC.faultline_arena_used)
        agree(CFaultline.faultline_arena_trim, FaultlineC.faultline_arena_trim)
        agree(CFaultline.faultline_call_sites_start, FaultlineC.faultline_call_sites_start)
        agree(CFaultline.faultline_call_sites_stop, FaultlineC.faultline_call_sites_stop)
        agree(CFaultline.faultline_call_sites_text, FaultlineC.faultline_call_sites_text)
        agree(CFaultline.faultline_call_sites_collapsed, FaultlineC.faultline_call_sites_collapsed)
        agree(CFaultline.faultline_call_sites_json, FaultlineC.faultline_call_sites_json)
    }
}
