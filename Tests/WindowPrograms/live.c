// The same programs on the kernel of this machine.
#define _GNU_SOURCE
#include "WindowPrograms.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t wp_minor_faults(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_minflt : 0;
}

static void *fresh(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) madvise(memory, bytes, MADV_NOHUGEPAGE);
    return memory;
}

uint64_t wp_live_faults(uint64_t (*program)(void *, size_t, uint64_t, uint64_t), size_t bytes, uint64_t count,
                        uint64_t seed, uint64_t *result) {
    uint64_t faults = UINT64_MAX;
    // The first run brings in the program's code and stack.
    for (unsigned run = 0; run < 2; run++) {
        void *memory = fresh(bytes);
        if (memory == MAP_FAILED) return UINT64_MAX;
        const uint64_t before = wp_minor_faults();
        *result = program(memory, bytes, count, seed);
        faults = wp_minor_faults() - before;
        munmap(memory, bytes);
    }
    return faults;
}

uint64_t wp_mappings(const void *start, uint64_t bytes) {
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps) return 0;
    const unsigned long first = (unsigned long)(uintptr_t)start;
    const unsigned long end = bytes > ULONG_MAX - first ? ULONG_MAX : first + bytes;
    unsigned long from, to;
    uint64_t count = 0;
    char line[4400];
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from < end && to > first) count++;
    fclose(maps);
    return count;
}

int wp_fork_and_touch(const void *place) {
    const pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        (void)wp_load(place);
        _exit(0);
    }
    int status = -1;
    if (child > 0) waitpid(child, &status, 0);
    return status;
}
