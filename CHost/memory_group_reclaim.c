// One round of reclaim in a memory cgroup, with what it looked at: a write that would go on round after round is ended by a signal that
// the begin of the first round sends, and the kernel's trace event of each batch is read as a perf event.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_mount.h"
#include "memory_group.h"
#include "text_file.h"

enum { RING_PAGES = 64, WB_FILE = 2 };

static int read_event_file(int tracefs, const char *event, const char *file, char *buffer, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "events/vmscan/%s/%s", event, file);
    const ssize_t got = fl_read_text(tracefs, path, buffer, size);
    return got < 0 ? (int)got : 0;
}

// Where a field lies in the event's record, or -1.
static int field_offset(const char *format, const char *name) {
    char pattern[64];
    snprintf(pattern, sizeof pattern, " %s;", name);
    const char *field = strstr(format, pattern);
    const char *offset = field ? strstr(field, "offset:") : NULL;
    return offset ? atoi(offset + 7) : -1;
}

static int open_event(int tracefs, const char *event, uint64_t sample) {
    char id[32];
    const int failed = read_event_file(tracefs, event, "id", id, sizeof id);
    if (failed < 0) return failed;
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof attributes, .config = (uint64_t)atoll(id), .sample_period = 1,
        .sample_type = sample, .wakeup_events = 1};
    const int descriptor = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

static void wake(int number) { (void)number; }

static void add(fl_reclaim_counts *counts, const char *record, const int *offsets) {
    unsigned long scanned, reclaimed;
    int flags;
    memcpy(&scanned, record + offsets[0], sizeof scanned);
    memcpy(&reclaimed, record + offsets[1], sizeof reclaimed);
    memcpy(&flags, record + offsets[2], sizeof flags);
    *(flags & WB_FILE ? &counts->file_scanned : &counts->anon_scanned) += scanned;
    *(flags & WB_FILE ? &counts->file_reclaimed : &counts->anon_reclaimed) += reclaimed;
}

// Adds up the batches that lie in a ring. Returns 0, or -EIO where some were lost.
static int add_batches(struct perf_event_mmap_page *ring, const int *offsets, fl_reclaim_counts *counts) {
    const char *data = (const char *)ring + ring->data_offset;
    const uint64_t size = ring->data_size;
    const uint64_t head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = ring->data_tail;
    char record[512];
    while (tail < head) {
        struct perf_event_header header;
        for (size_t i = 0; i < sizeof header; i++) ((char *)&header)[i] = data[(tail + i) % size];
        if (header.type == PERF_RECORD_LOST) return -EIO;
        if (header.type == PERF_RECORD_SAMPLE && header.size <= sizeof record) {
            for (size_t i = 0; i < header.size; i++) record[i] = data[(tail + i) % size];
            add(counts, record + sizeof header + sizeof(uint32_t), offsets);
        }
        tail += header.size;
    }
    __atomic_store_n(&ring->data_tail, tail, __ATOMIC_RELEASE);
    return 0;
}

static int write_round(const fl_memory_group *group) {
    const int result = group->version == 1 ? fl_write_text(group->path, "memory.force_empty", "0")
                                           : fl_write_text(group->path, "memory.reclaim", "4096");
    return result == -EINTR || result == -EAGAIN ? 0 : result;
}

// The write, while the begin of a round sends a signal to this thread.
static int interrupted_round(const fl_memory_group *group, int begin) {
    struct sigaction action = {.sa_handler = wake}, before;
    sigaction(SIGIO, &action, &before);
    const struct f_owner_ex owner = {F_OWNER_TID, (int)syscall(SYS_gettid)};
    fcntl(begin, F_SETOWN_EX, &owner);
    fcntl(begin, F_SETFL, O_ASYNC | O_NONBLOCK);
    const int result = write_round(group);
    fcntl(begin, F_SETFL, O_NONBLOCK);
    sigaction(SIGIO, &before, NULL);
    return result;
}

static int measured_round(const fl_memory_group *group, int tracefs, fl_reclaim_counts *counts) {
    static const char *const fields[] = {"nr_scanned", "nr_reclaimed", "reclaim_flags"};
    const size_t bytes = (size_t)(RING_PAGES + 1) * 4096;
    char format[8192];
    int offsets[3];
    int result = read_event_file(tracefs, "mm_vmscan_lru_shrink_inactive", "format", format, sizeof format);
    if (result < 0) return result;
    for (int i = 0; i < 3; i++) {
        offsets[i] = field_offset(format, fields[i]);
        if (offsets[i] < 0) return -ENOTSUP;
    }
    const int batches = open_event(tracefs, "mm_vmscan_lru_shrink_inactive", PERF_SAMPLE_RAW);
    if (batches < 0) return batches;
    const int begin = open_event(tracefs, "mm_vmscan_memcg_reclaim_begin", 0);
    void *ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, batches, 0);
    result = begin < 0 ? begin : ring == MAP_FAILED ? -errno : interrupted_round(group, begin);
    if (result == 0) result = add_batches(ring, offsets, counts);
    if (ring != MAP_FAILED) munmap(ring, bytes);
    if (begin >= 0) close(begin);
    close(batches);
    return result;
}

int fl_memory_group_reclaim(const fl_memory_group *group, int processor, fl_reclaim_counts *counts) {
    cpu_set_t before, one;
    memset(counts, 0, sizeof *counts);
    const int tracefs = fl_mount("tracefs", NULL);
    if (tracefs < 0) return tracefs;
    const int pins = processor >= 0 && sched_getaffinity(0, sizeof before, &before) == 0;
    if (pins) {
        CPU_ZERO(&one);
        CPU_SET((size_t)processor, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    const int result = measured_round(group, tracefs, counts);
    if (pins) sched_setaffinity(0, sizeof before, &before);
    close(tracefs);
    return result;
}
