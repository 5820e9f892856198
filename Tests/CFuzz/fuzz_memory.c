// Simulated RAM beside a plain copy of it: whatever is read must be what was written, whatever is given back must read zero,
// and what lies outside must be refused and change nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define FRAMES 16
#define BYTES (FRAMES * FL_PAGE_SIZE)

int fuzz_memory(uint64_t seed);

static uint64_t state;

static uint64_t rnd(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

// Near the ends and the borders of frames, far outside, and where a sum overflows.
static uint64_t random_place(void) {
    switch (rnd() % 8) {
    case 0: return UINT64_MAX - rnd() % 16;
    case 1: return BYTES - rnd() % 16;
    case 2: return BYTES + rnd() % 16;
    case 3: return rnd();
    case 4: return rnd() % FRAMES * FL_PAGE_SIZE - rnd() % 16;
    default: return rnd() % BYTES;
    }
}

static int give_back(const fl_ram *ram, uint8_t *copy) {
    fl_frame_run runs[4];
    uint64_t end = 0;
    fl_status want = FL_OK;
    for (unsigned i = 0; i < 4; i++) {
        runs[i] = (fl_frame_run){rnd() % (FRAMES + 2), rnd() % 4};
        if (rnd() % 32 == 0) runs[i].count = UINT64_MAX - rnd() % 4;
        if (want != FL_OK) continue;
        if (runs[i].count > FRAMES || runs[i].first > FRAMES - runs[i].count) want = FL_E_RANGE;
        else if (runs[i].first < end) want = FL_E_ORDER;
        end = runs[i].first + runs[i].count;
    }
    if (fl_ram_give_back(ram, runs, 4) != want) return 0;
    for (unsigned i = 0; want == FL_OK && i < 4; i++)
        memset(copy + runs[i].first * FL_PAGE_SIZE, 0, runs[i].count * FL_PAGE_SIZE);
    return 1;
}

static int step(const fl_ram *ram, uint8_t *copy) {
    static uint8_t bytes[BYTES + 32];
    const uint64_t place = random_place(), count = rnd() % 16 == 0 ? random_place() : rnd() % 5000;
    const int inside = count <= BYTES && place <= BYTES - count;
    const uint64_t a = rnd() % (FRAMES + 1), b = rnd() % (FRAMES + 1);
    switch (rnd() % 5) {
    case 0:
        if (fl_ram_read(ram, place, bytes, count) != (inside ? FL_OK : FL_E_RANGE)) return 0;
        return !inside || memcmp(bytes, copy + place, count) == 0;
    case 1:
        if (inside) {
            memset(bytes, (int)rnd(), count);
            memcpy(copy + place, bytes, count);
        }
        return fl_ram_write(ram, place, bytes, count) == (inside ? FL_OK : FL_E_RANGE);
    case 2:
        if (a < FRAMES && b < FRAMES) memmove(copy + a * FL_PAGE_SIZE, copy + b * FL_PAGE_SIZE, FL_PAGE_SIZE);
        return fl_ram_copy_frame(ram, a, b) == (a < FRAMES && b < FRAMES ? FL_OK : FL_E_RANGE);
    case 3:
        if (a < FRAMES) memset(copy + a * FL_PAGE_SIZE, 0, FL_PAGE_SIZE);
        return fl_ram_zero_frame(ram, a) == (a < FRAMES ? FL_OK : FL_E_RANGE);
    default: return give_back(ram, copy);
    }
}

int fuzz_memory(uint64_t seed) {
    state = seed * 0x9e3779b97f4a7c15ull | 1;
    fl_ram ram = {0};
    uint8_t *copy = calloc(1, BYTES);
    int good = copy && fl_ram_create(&ram, BYTES) == FL_OK;
    for (int i = 0; good && i < 100; i++) {
        good = step(&ram, copy) && memcmp(ram.base, copy, BYTES) == 0;
        if (!good) fprintf(stderr, "fuzz: seed %llu step %d: simulated RAM differs\n", (unsigned long long)seed, i);
    }
    fl_ram_destroy(&ram);
    free(copy);
    return good;
}
