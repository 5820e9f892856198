/* System calls and accesses. Part of faultline.h. */
#ifndef FAULTLINE_MEMORY_H
#define FAULTLINE_MEMORY_H

#include "machine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FAULTLINE_PROT_NONE 0
#define FAULTLINE_PROT_READ 1
#define FAULTLINE_PROT_WRITE 2
#define FAULTLINE_PROT_EXEC 4
#define FAULTLINE_MAP_SHARED 1
#define FAULTLINE_MAP_PRIVATE 2
#define FAULTLINE_MAP_FIXED 0x10
#define FAULTLINE_MAP_ANONYMOUS 0x20
#define FAULTLINE_MAP_GROWSDOWN 0x100
#define FAULTLINE_MAP_LOCKED 0x2000
#define FAULTLINE_MAP_NORESERVE 0x4000
#define FAULTLINE_MAP_POPULATE 0x8000

/* The system calls. Each is as its manual page says; ERRNO has the errnos of Linux, in its order of checks. */

/* mmap(2). `address` 0 for no wish, `fd` -1 without a file. `result` is where the mapping begins. */
faultline_status faultline_mmap(faultline_process *process, uint64_t address, uint64_t length, uint32_t protection, uint32_t flags,
                                int32_t fd, uint64_t offset, uint64_t *result);
faultline_status faultline_munmap(faultline_process *process, uint64_t address, uint64_t length);
faultline_status faultline_mprotect(faultline_process *process, uint64_t address, uint64_t length, uint32_t protection);
/* mremap(2). `flags`: MREMAP_MAYMOVE 1, MREMAP_FIXED 2, MREMAP_DONTUNMAP 4. */
faultline_status faultline_mremap(faultline_process *process, uint64_t address, uint64_t length, uint64_t new_length, uint32_t flags,
                                  uint64_t new_address, uint64_t *result);
faultline_status faultline_madvise(faultline_process *process, uint64_t address, uint64_t length, int32_t advice);
/* The system call behind brk(2): `result` is the new end of the heap, or the old one where it cannot be. */
faultline_status faultline_brk(faultline_process *process, uint64_t address, uint64_t *result);
/* mlock2(2). `on_fault` 1: pages are locked as they are brought in (MLOCK_ONFAULT). */
faultline_status faultline_mlock(faultline_process *process, uint64_t address, uint64_t length, int32_t on_fault);
faultline_status faultline_munlock(faultline_process *process, uint64_t address, uint64_t length);
/* mincore(2). `vector` has a byte for each of the `pages` pages of the range: 1 where it is resident. */
faultline_status faultline_mincore(faultline_process *process, uint64_t address, uint64_t length, uint8_t *vector, size_t pages);
/* msync(2). `flags`: MS_ASYNC 1, MS_INVALIDATE 2, MS_SYNC 4. */
faultline_status faultline_msync(faultline_process *process, uint64_t address, uint64_t length, int32_t flags);
faultline_status faultline_mseal(faultline_process *process, uint64_t address, uint64_t length);

/* memfd_create(2). `name` is UTF-8. */
faultline_status faultline_memfd_create(faultline_process *process, const char *name, uint32_t flags, int32_t *fd);
/* A file of `length` bytes on the machine's disk, filled with a pattern; its pages are in memory, and clean. */
faultline_status faultline_disk_file(faultline_process *process, const char *name, uint64_t length, int32_t *fd);
faultline_status faultline_ftruncate(faultline_process *process, int32_t fd, uint64_t length);
/* posix_fadvise(2). POSIX_FADV_DONTNEED, 4, drops clean pages, so that the next access is a major fault. `length` 0: all from `offset` on. */
faultline_status faultline_fadvise(faultline_process *process, int32_t fd, uint64_t offset, uint64_t length, int32_t advice);
faultline_status faultline_close(faultline_process *process, int32_t fd);

/* Accesses, as the processor makes them, with their faults. FAULT where the access ends in a signal: the error has it. */

/* A load of `length` bytes, one access a page, in order. Nothing is written to `bytes` unless all could be read. */
faultline_status faultline_read(faultline_process *process, uint64_t address, void *bytes, size_t length);
/* A store. Pages before one that is refused keep what was written. */
faultline_status faultline_write(faultline_process *process, uint64_t address, const void *bytes, size_t length);
/* A byte. */
faultline_status faultline_load(faultline_process *process, uint64_t address, uint8_t *byte);
faultline_status faultline_store(faultline_process *process, uint64_t address, uint8_t byte);

/* One of many accesses in a word: bits 0 to 47 of its address, and FAULTLINE_READ, _WRITE or _EXECUTE in bits 62 and 63. */
#define FAULTLINE_ACCESS(address, kind) (((uint64_t)(address) & 0xffffffffffff) | (uint64_t)(kind) << 62)
/* A result in a word: the physical address, and who had the translation: 0 the first-level TLB, 1 the second level, 2 to 5 a walk that
 * read 1 to 4 entries, 6 a walk after a page fault. */
#define FAULTLINE_PHYSICAL(result) ((uint64_t)(result) & 0xfffffffffffff)
#define FAULTLINE_FOUND(result) ((unsigned)((uint64_t)(result) >> 60))
/* Makes `count` accesses one after the other, with their faults, as single ones would be. FAULT where one ends in a signal: it stops
 * there, and `made`, which may be NULL, says how many succeeded; what failed may be mended, and the rest made from that one on.
 * `results` has room for `count`, or is NULL. BAD_ARGUMENT, and nothing is done, where a word has other bits set. */
faultline_status faultline_access(faultline_process *process, const uint64_t *accesses, size_t count, uint64_t *results, size_t *made);

#ifdef __cplusplus
}
#endif

#endif
