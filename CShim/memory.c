#include "memory.h"

#include <stddef.h>
#include <sys/mman.h>

fl_status fl_ram_create(fl_ram *ram, uint64_t bytes) {
    ram->base = NULL;
    ram->bytes = 0;
    ram->frames = 0;
    if (bytes == 0 || bytes > FL_RAM_MAX_BYTES || bytes % FL_PAGE_SIZE != 0) return FL_E_SIZE;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return FL_E_HOST;
    ram->base = base;
    ram->bytes = bytes;
    ram->frames = bytes >> FL_PAGE_SHIFT;
    return FL_OK;
}

void fl_ram_destroy(fl_ram *ram) {
    if (ram->base) munmap(ram->base, ram->bytes);
    ram->base = NULL;
    ram->bytes = 0;
    ram->frames = 0;
}

void *fl_host_reserve(uint64_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void fl_host_release(void *memory, uint64_t bytes) { munmap(memory, bytes); }
