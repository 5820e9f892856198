#include "memory.h"

#include <stddef.h>
#include <sys/mman.h>

fl_status fl_ram_create(fl_ram *ram, uint64_t bytes) {
    ram->base = NULL;
    ram->bytes = 0;
    ram->frames = 0;
    if (bytes == 0 || bytes > FL_RAM_MAX_BYTES || bytes % FL_PAGE_SIZE != 0) return FL_E_SIZE;
    void *base = fl_host_reserve(bytes);
    if (!base) return FL_E_HOST;
    ram->base = base;
    ram->bytes = bytes;
    ram->frames = bytes >> FL_PAGE_SHIFT;
    return FL_OK;
}

void fl_ram_destroy(fl_ram *ram) {
    if (ram->base) fl_host_release(ram->base, ram->bytes);
    ram->base = NULL;
    ram->bytes = 0;
    ram->frames = 0;
}

#define HUGE_PAGE (2ull << 20)

// Neighbouring frames are used together, so the host may back them with its own large pages: a first touch then costs a
// 512th, and the host's TLB reaches further. The address is aligned for that; where the host has none, nothing is lost.
void *fl_host_reserve(uint64_t bytes) {
    const uint64_t padded = bytes + HUGE_PAGE;
    uint8_t *memory = mmap(NULL, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    uint8_t *start = (uint8_t *)(((uintptr_t)memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    if (start > memory) munmap(memory, (size_t)(start - memory));
    const uint64_t kept = (bytes + 4095) & ~4095ull;
    if (start + kept < memory + padded) munmap(start + kept, (size_t)(memory + padded - start - kept));
    madvise(start, kept, MADV_HUGEPAGE);
    return start;
}

void fl_host_release(void *memory, uint64_t bytes) { munmap(memory, (bytes + 4095) & ~4095ull); }
