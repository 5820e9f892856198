/*
 * faultline.h - the simulator of the Linux virtual memory system, for C and C++.
 *
 * A machine is an x86-64 computer with the memory management of Linux 6.18. Processes are spawned on it and forked; they map, touch
 * and unmap memory, and every figure that /proc would show of them can be read. A window makes simulated memory appear at
 * addresses of this program: ordinary code reads and writes it, and every first touch is a page fault of the simulated kernel.
 *
 * Link with `pkg-config --cflags --libs faultline`. C11 and C++17 or later, Linux on x86-64.
 *
 * Conventions
 *   - Addresses, lengths and offsets are in bytes, 64 bits wide, whatever the unit of the kernel. Figures named *_kib are in KiB.
 *   - Every function returns a status. FAULTLINE_OK is 0. With any other status nothing was written to the results, and
 *     faultline_last_error() says what was wrong, for the calling thread.
 *   - A handle is a number in the clothes of a pointer: it points to nothing. NULL, a handle that was closed, and one of another
 *     kind are FAULTLINE_BAD_HANDLE. A machine's end closes all handles on it.
 *   - Texts that are returned end in a zero, and are given back with faultline_free().
 *   - Any thread may call. One thread at a time is in a machine, the others wait. Code that runs inside of a call must not call
 *     for the same machine; faultline_window_run()'s body is not inside of a call and may.
 *   - Struct arguments begin with `size`, which the caller sets to sizeof: later versions add fields at the end.
 *   - Numbers of PROT_, MAP_, MADV_ and of errnos are those of Linux on x86-64, as <sys/mman.h> and <errno.h> have them.
 */
#ifndef FAULTLINE_H
#define FAULTLINE_H

#include "faultline/figures.h"
#include "faultline/machine.h"
#include "faultline/memory.h"
#include "faultline/status.h"
#include "faultline/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It grows by 1 with each release that adds to it; what is here is never changed. */
#define FAULTLINE_API_VERSION 1

/* The version of the library that is linked: at least the header's. */
uint32_t faultline_api_version(void);

#ifdef __cplusplus
}
#endif

#endif
