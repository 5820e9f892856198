#include "memory.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "fault_shim.h"

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
    fl_fault_shim_watch(ram->base, ram->bytes);
    return FL_OK;
}

void fl_ram_destroy(fl_ram *ram) {
    if (ram->base) {
        fl_fault_shim_unwatch(ram->base);
        fl_host_release(ram->base, ram->bytes);
    }
    ram->base = NULL;
    ram->bytes = 0;
    ram->frames = 0;
}

static bool is_inside(const fl_ram *ram, uint64_t address, uint64_t count) {
    return count <= ram->bytes && address <= ram->bytes - count;
}

fl_status fl_ram_read(const fl_ram *ram, uint64_t address, void *bytes, uint64_t count) {
    if (!is_inside(ram, address, count)) return FL_E_RANGE;
    if (count) memcpy(bytes, ram->base + address, count);
    return FL_OK;
}

fl_status fl_ram_write(const fl_ram *ram, uint64_t address, const void *bytes, uint64_t count) {
    if (!is_inside(ram, address, count)) return FL_E_RANGE;
    if (count) memcpy(ram->base + address, bytes, count);
    return FL_OK;
}

fl_status fl_ram_copy_frame(const fl_ram *ram, uint64_t to, uint64_t from) {
    if (to >= ram->frames || from >= ram->frames) return FL_E_RANGE;
    if (to != from) memcpy(fl_ram_frame(ram, to), fl_ram_frame(ram, from), FL_PAGE_SIZE);
    return FL_OK;
}

fl_status fl_ram_zero_frame(const fl_ram *ram, uint64_t pfn) {
    if (pfn >= ram->frames) return FL_E_RANGE;
    memset(fl_ram_frame(ram, pfn), 0, FL_PAGE_SIZE);
    return FL_OK;
}

static fl_status check_runs(const fl_ram *ram, const fl_frame_run *runs, uint64_t count) {
    uint64_t end = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (runs[i].count > ram->frames || runs[i].first > ram->frames - runs[i].count) return FL_E_RANGE;
        if (runs[i].first < end) return FL_E_ORDER;
        end = runs[i].first + runs[i].count;
    }
    return FL_OK;
}

// The mapping is private and anonymous: what MADV_DONTNEED takes reads zero when it is touched again.
fl_status fl_ram_give_back(const fl_ram *ram, const fl_frame_run *runs, uint64_t count) {
    const fl_status status = check_runs(ram, runs, count);
    if (status != FL_OK) return status;
    for (uint64_t i = 0; i < count;) {
        const uint64_t first = runs[i].first;
        uint64_t end = first;
        while (i < count && runs[i].first == end) end += runs[i++].count;
        if (end == first) continue;
        if (madvise(fl_ram_frame(ram, first), (end - first) << FL_PAGE_SHIFT, MADV_DONTNEED) != 0) return FL_E_HOST;
    }
    return FL_OK;
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
