// Simulated RAM: one lazily committed host mapping, addressed by physical address or frame number (PFN).
#ifndef FAULTLINE_MEMORY_H
#define FAULTLINE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define FL_PAGE_SHIFT 12
#define FL_PAGE_SIZE 4096ull
#define FL_RAM_MAX_BYTES (4ull << 40)

typedef enum fl_status {
    FL_OK = 0,
    FL_E_SIZE = 1,   // size 0, over the maximum, or not a multiple of 4 KiB
    FL_E_RANGE = 2,  // a physical address or frame outside the simulated RAM
    FL_E_HOST = 3,   // the host refused the mapping
    FL_E_ORDER = 4,  // runs of frames that do not ascend, or overlap
} fl_status;

typedef struct fl_ram {
    uint8_t *_Null_unspecified base;  // host address of physical address 0
    uint64_t bytes;    // size; every physical address below it is valid
    uint64_t frames;   // bytes / 4096
    int file;          // the memory file that holds it, from offset 0 on; -1 where others cannot have it
} fl_ram;

// Precondition: pfn < ram->frames. Host address of a frame.
static inline void *_Nonnull fl_ram_frame(const fl_ram *_Nonnull ram, uint64_t pfn) {
    return ram->base + (pfn << FL_PAGE_SHIFT);
}

// Precondition: pfn < ram->frames. The frame seen as a page table of 512 entries.
static inline uint64_t *_Nonnull fl_ram_table(const fl_ram *_Nonnull ram, uint64_t pfn) {
    return (uint64_t *)(void *)(ram->base + (pfn << FL_PAGE_SHIFT));
}

fl_status fl_ram_create(fl_ram *_Nonnull ram, uint64_t bytes);
// The same in a memory file, whose pages others may map too. A child that the host's process forks does not have it.
fl_status fl_ram_create_shared(fl_ram *_Nonnull ram, uint64_t bytes);
void fl_ram_destroy(fl_ram *_Nonnull ram);

// Reads and writes of any width at any physical address, across frames. A number has the host's byte order, which on
// x86-64 is the simulated machine's. FL_E_RANGE, and nothing is touched, where a byte of them lies outside.
fl_status fl_ram_read(const fl_ram *_Nonnull ram, uint64_t address, void *_Nonnull bytes, uint64_t count);
fl_status fl_ram_write(const fl_ram *_Nonnull ram, uint64_t address, const void *_Nonnull bytes, uint64_t count);

// Whole frames. FL_E_RANGE for a frame outside.
fl_status fl_ram_copy_frame(const fl_ram *_Nonnull ram, uint64_t to, uint64_t from);
fl_status fl_ram_zero_frame(const fl_ram *_Nonnull ram, uint64_t pfn);

// Frames of shared RAM, set in its file: that takes the host less than a first touch of each, and one call for neighbours. FL_E_HOST
// where RAM is not shared, or the host refuses; the frames are to be set by other means then.
fl_status fl_ram_store_frames(const fl_ram *_Nonnull ram, uint64_t pfn, uint64_t count, const void *_Nonnull bytes);
// The same with zeros.
fl_status fl_ram_clear_frames(const fl_ram *_Nonnull ram, uint64_t pfn, uint64_t count);

typedef struct fl_frame_run {
    uint64_t first;  // PFN
    uint64_t count;
} fl_frame_run;

// Gives the host memory of freed frames back, in bulk: neighbouring runs go in one request. The frames read zero then. The
// runs must ascend and not overlap; where one is wrong, nothing is given back.
fl_status fl_ram_give_back(const fl_ram *_Nonnull ram, const fl_frame_run *_Nullable runs, uint64_t count);

// Zeroed host memory that is committed as it is touched; NULL where the host refuses.
void *_Nullable fl_host_reserve(uint64_t bytes);
void fl_host_release(void *_Nonnull memory, uint64_t bytes);

// Bytes that the host could still give this process without taking them from others: what is available of its memory, and of
// what its control group may have. UINT64_MAX where it does not say.
uint64_t fl_host_available(void);

// Copies a frame from its last line to its first.
void fl_copy_from_end(uint8_t *_Nonnull to, const uint8_t *_Nonnull from);

// Has the host fetch a record that will be written soon.
static inline void fl_prefetch(const void *_Nonnull record) { __builtin_prefetch(record, 1); }

#endif
