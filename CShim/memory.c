#define _GNU_SOURCE
#include "memory.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault_shim.h"

static const fl_ram no_ram = {.file = -1};

static void *map_shared(uint64_t bytes, int *file);

static fl_status create(fl_ram *ram, uint64_t bytes, bool shared) {
    *ram = no_ram;
    if (bytes == 0 || bytes > FL_RAM_MAX_BYTES || bytes % FL_PAGE_SIZE != 0) return FL_E_SIZE;
    int file = -1;
    void *base = shared ? map_shared(bytes, &file) : fl_host_reserve(bytes);
    if (!base) return FL_E_HOST;
    *ram = (fl_ram){.base = base, .bytes = bytes, .frames = bytes >> FL_PAGE_SHIFT, .file = file};
    fl_fault_shim_watch(ram->base, ram->bytes);
    return FL_OK;
}

fl_status fl_ram_create(fl_ram *ram, uint64_t bytes) { return create(ram, bytes, false); }

fl_status fl_ram_create_shared(fl_ram *ram, uint64_t bytes) { return create(ram, bytes, true); }

void fl_ram_destroy(fl_ram *ram) {
    if (ram->base) {
        fl_fault_shim_unwatch(ram->base);
        fl_host_release(ram->base, ram->bytes);
        if (ram->file >= 0) close(ram->file);
    }
    *ram = no_ram;
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

void fl_copy_from_end(uint8_t *to, const uint8_t *from) {
    // One instruction reads all lines, so that the host sees where it goes: it fetches ahead by instruction.
#pragma clang loop unroll(disable)
    for (int64_t at = FL_PAGE_SIZE - 64; at >= 0; at -= 64) memcpy(to + at, from + at, 64);
}

fl_status fl_ram_zero_frame(const fl_ram *ram, uint64_t pfn) {
    if (pfn >= ram->frames) return FL_E_RANGE;
    memset(fl_ram_frame(ram, pfn), 0, FL_PAGE_SIZE);
    return FL_OK;
}

fl_status fl_ram_store_frames(const fl_ram *ram, uint64_t pfn, uint64_t count, const void *bytes) {
    if (count > ram->frames || pfn > ram->frames - count) return FL_E_RANGE;
    if (ram->file < 0) return FL_E_HOST;
    const uint64_t size = count << FL_PAGE_SHIFT;
    return pwrite(ram->file, bytes, size, (off_t)(pfn << FL_PAGE_SHIFT)) == (ssize_t)size ? FL_OK : FL_E_HOST;
}

fl_status fl_ram_clear_frames(const fl_ram *ram, uint64_t pfn, uint64_t count) {
    static const uint8_t zeros[16 * FL_PAGE_SIZE];
    while (count > 0) {
        const uint64_t part = count < 16 ? count : 16;
        const fl_status status = fl_ram_store_frames(ram, pfn, part, zeros);
        if (status != FL_OK) return status;
        pfn += part;
        count -= part;
    }
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

// The memory reads zero when it is touched again. A host other than Linux keeps what it has given.
static bool give_back(void *memory, uint64_t bytes) {
#ifdef __linux__
    // Only memory of a file takes the first.
    return madvise(memory, bytes, MADV_REMOVE) == 0 || madvise(memory, bytes, MADV_DONTNEED) == 0;
#else
    memset(memory, 0, bytes);
    return true;
#endif
}

fl_status fl_ram_give_back(const fl_ram *ram, const fl_frame_run *runs, uint64_t count) {
    const fl_status status = check_runs(ram, runs, count);
    if (status != FL_OK) return status;
    for (uint64_t i = 0; i < count;) {
        const uint64_t first = runs[i].first;
        uint64_t end = first;
        while (i < count && runs[i].first == end) end += runs[i++].count;
        if (end == first) continue;
        if (!give_back(fl_ram_frame(ram, first), (end - first) << FL_PAGE_SHIFT)) return FL_E_HOST;
    }
    return FL_OK;
}

#define HUGE_PAGE (2ull << 20)

// A memory file of a size; -1 where the host refuses.
static int make_file(uint64_t bytes) {
#ifdef __linux__
    const int file = memfd_create("faultline-ram", MFD_CLOEXEC);
    if (file >= 0 && ftruncate(file, (off_t)bytes) == 0) return file;
    if (file >= 0) close(file);
#else
    (void)bytes;
#endif
    return -1;
}

// A host that never overcommits counts private memory in full before it is touched, but a memory file by its pages.
static void *map_file(uint64_t bytes) {
    const int file = make_file(bytes);
    if (file < 0) return MAP_FAILED;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    close(file);
    return memory;
}

// Neighbouring frames are used together, so the host may back them with its own large pages: a first touch then costs a
// 512th, and the host's TLB reaches further. The address is aligned for that; where the host has none, nothing is lost.
void *fl_host_reserve(uint64_t bytes) {
    const uint64_t padded = bytes + HUGE_PAGE;
    uint8_t *memory = mmap(NULL, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) memory = map_file(padded);
    if (memory == MAP_FAILED) return NULL;
    uint8_t *start = (uint8_t *)(((uintptr_t)memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    if (start > memory) munmap(memory, (size_t)(start - memory));
    const uint64_t kept = (bytes + 4095) & ~4095ull;
    if (start + kept < memory + padded) munmap(start + kept, (size_t)(memory + padded - start - kept));
#ifdef __linux__
    madvise(start, kept, MADV_HUGEPAGE);
#endif
    return start;
}

// RAM in a file that stays open. NULL where the host refuses.
static void *map_shared(uint64_t bytes, int *file) {
    *file = make_file(bytes);
    if (*file < 0) return NULL;
    // The place is aligned as private RAM is: what is reserved gives way.
    void *base = fl_host_reserve(bytes);
    if (base && mmap(base, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, *file, 0) != MAP_FAILED) {
#ifdef __linux__
        madvise(base, bytes, MADV_HUGEPAGE);
        // A child that had it would write into its parent's machine.
        madvise(base, bytes, MADV_DONTFORK);
#endif
        return base;
    }
    if (base) fl_host_release(base, bytes);
    close(*file);
    *file = -1;
    return NULL;
}

void fl_host_release(void *memory, uint64_t bytes) { munmap(memory, (bytes + 4095) & ~4095ull); }

// Reads a small file; the text ends in a zero. False where it cannot be read.
static bool read_text(const char *path, char *text, size_t size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const ssize_t count = read(file, text, size - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    return count > 0;
}

// The number behind `key`, which starts a line of the text or is the text's start.
static bool find_number(const char *text, const char *key, uint64_t *number) {
    const char *place = strstr(text, key);
    if (!place) return false;
    char *end;
    *number = strtoull(place + strlen(key), &end, 10);
    return end != place + strlen(key);
}

static bool read_number(const char *folder, const char *name, const char *key, uint64_t *number) {
    char path[4200], text[4096];
    if (strlen(folder) + strlen(name) + 16 > sizeof path) return false;
    stpcpy(stpcpy(stpcpy(path, "/sys/fs/cgroup"), folder), name);
    return read_text(path, text, sizeof text) && find_number(text, key, number);
}

// What the control groups of version 2 that this process is in may still have; their clean file pages would make room.
static uint64_t group_available(void) {
    char text[4096];
    if (!read_text("/proc/self/cgroup", text, sizeof text)) return UINT64_MAX;
    char *group = strstr(text, "0::");
    if (!group) return UINT64_MAX;
    group += 3;
    group[strcspn(group, "\n")] = 0;
    uint64_t least = UINT64_MAX;
    // Any group above may be the one with the limit.
    for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
        *end = 0;
        uint64_t most, now, files;
        if (!read_number(group, "/memory.max", "", &most) || !read_number(group, "/memory.current", "", &now)) continue;
        if (!read_number(group, "/memory.stat", "\nfile ", &files)) files = 0;
        const uint64_t used = now > files ? now - files : 0;
        const uint64_t left = most > used ? most - used : 0;
        if (left < least) least = left;
    }
    return least;
}

uint64_t fl_host_available(void) {
    char text[4096];
    uint64_t kib, bytes = UINT64_MAX;
    if (read_text("/proc/meminfo", text, sizeof text) && find_number(text, "MemAvailable:", &kib)) bytes = kib << 10;
    const uint64_t group = group_available();
    return group < bytes ? group : bytes;
}
