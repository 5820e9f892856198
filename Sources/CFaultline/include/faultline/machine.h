/* Machines and processes. Part of faultline.h. */
#ifndef FAULTLINE_MACHINE_H
#define FAULTLINE_MACHINE_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct faultline_machine faultline_machine;
typedef struct faultline_process faultline_process;

typedef struct faultline_machine_options {
    size_t size;             /* sizeof(faultline_machine_options) */
    uint64_t ram_bytes;      /* simulated RAM, a multiple of 4096, at most 4 TiB; 0 for 24 GiB. It costs this computer what is touched */
    const char *settings;    /* such as "vm.overcommit_memory=2 vm.max_map_count=1000": sysctls, with spaces between; NULL for none */
    int32_t protection_keys; /* 1: the processor has protection keys (PKU) */
} faultline_machine_options;

#define FAULTLINE_MACHINE_OPTIONS_INIT { sizeof(faultline_machine_options), 0, NULL, 0 }

/* A machine without processes; NULL for the options that FAULTLINE_MACHINE_OPTIONS_INIT has. Its RAM lies in a memory file, so that
 * windows can show it. BAD_ARGUMENT for a size or setting that cannot be, HOST where this computer has no room. */
faultline_status faultline_machine_create(const faultline_machine_options *options, faultline_machine **machine);

/* Ends a machine: its windows show nothing any more, all its handles are closed. No other thread may touch a window meanwhile. */
faultline_status faultline_machine_destroy(faultline_machine *machine);

/* Checks the machine's own invariants: NULL for `problem` where they hold, else a text that says which does not. */
faultline_status faultline_machine_check(faultline_machine *machine, char **problem);

/* The lines of /proc/meminfo that the model has, as text. */
faultline_status faultline_machine_meminfo(faultline_machine *machine, char **text);

/* Starts (1) or stops (0) collecting events: faults, mappings, merges, flushes, refusals. */
faultline_status faultline_machine_trace(faultline_machine *machine, int32_t on);

/* The events since the last call, a line each, oldest first: what docs/EVENTS.md describes. An empty text for none. */
faultline_status faultline_machine_take_events(faultline_machine *machine, char **text);

/* A process with a small program, a stack, a vdso. ERRNO: ENOMEM where the machine is too small. */
faultline_status faultline_spawn(faultline_machine *machine, faultline_process **process);

/* fork(2): a child with a copy of the address space. ERRNO: EAGAIN, ENOMEM, ESRCH. */
faultline_status faultline_fork(faultline_process *process, faultline_process **child);

/* exit(2). The handle stays valid: calls with it are ESRCH then, its fault counts can still be read. ERRNO: ESRCH. */
faultline_status faultline_exit(faultline_process *process);

/* 1 for a process that runs, 0 for one that has ended or was killed for want of memory. */
faultline_status faultline_is_alive(faultline_process *process, int32_t *alive);

#ifdef __cplusplus
}
#endif

#endif
