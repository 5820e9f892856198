/* What can be seen of a process. Part of faultline.h. */
#ifndef FAULTLINE_FIGURES_H
#define FAULTLINE_FIGURES_H

#include "machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of a process. The memory figures are those of /proc/PID/status, pss_kib of smaps_rollup, the faults of getrusage(2). */
typedef struct faultline_figures {
    size_t size; /* sizeof(faultline_figures) */
    uint64_t minor_faults, major_faults;
    uint64_t size_kib, rss_kib, pss_kib;
    uint64_t anonymous_kib, file_kib, shmem_kib;
    uint64_t page_tables_kib, locked_kib;
    uint64_t vma_count;
} faultline_figures;

#define FAULTLINE_FIGURES_INIT { sizeof(faultline_figures), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* ERRNO: ESRCH. */
faultline_status faultline_process_figures(faultline_process *process, faultline_figures *figures);

/* The faults alone; also of a process that has ended. */
faultline_status faultline_fault_counts(faultline_process *process, uint64_t *minor, uint64_t *major);

/* A page of a process, as its page tables have it. */
typedef struct faultline_page {
    size_t size;               /* sizeof(faultline_page) */
    int32_t present;           /* 1 where memory is mapped; the other fields are 0 where none is */
    uint64_t physical_address; /* of the byte at the address */
    uint64_t page_bytes;       /* what the last entry maps: 4 KiB, 2 MiB or 1 GiB */
    uint64_t entry;            /* the last entry, as the processor reads it */
} faultline_page;

#define FAULTLINE_PAGE_INIT { sizeof(faultline_page), 0, 0, 0, 0 }

/* Walks the page tables as a debugger does: changes nothing. BAD_ARGUMENT outside of user space. ERRNO: ESRCH. */
faultline_status faultline_page_at(faultline_process *process, uint64_t address, faultline_page *page);

/* What /proc/PID/maps, /proc/PID/smaps and the memory lines of /proc/PID/status would say. ERRNO: ESRCH. */
faultline_status faultline_process_maps(faultline_process *process, char **text);
faultline_status faultline_process_smaps(faultline_process *process, char **text);
faultline_status faultline_process_status(faultline_process *process, char **text);

#ifdef __cplusplus
}
#endif

#endif
