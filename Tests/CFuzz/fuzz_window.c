// Windows of this process under the sanitisers, on a small machine of page tables alone: touches, changes with their flushes, host
// mappings that fail, code that is left by a jump. What a window shows is compared with a model of the entries and of the bytes.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "CWindow.h"
#include "pte.h"
#include "walk.h"

#define FRAMES 1024u
#define FIRST 16u  // frame with contents
#define PAGES 300u
#define START 0x100000000000ull

int fuzz_window(uint64_t seed);

static uint64_t state;

static uint64_t rnd(void) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return state >> 33;
}

// What the kernel of this machine allows: 0 nothing, 1 reading, 3 writing.
static uint8_t allowed[PAGES];
static uint8_t model[FRAMES];  // byte of each frame, the same everywhere in it
static fl_window_entry entry;

static uint64_t *leaf(const fl_window *w, uint64_t page) { return fl_ram_table(&w->ram, 4 + page / 512) + page % 512; }

static void answer(fl_host_window *host, void *context, fl_touch *touch) {
    (void)context;
    fl_window *w = &host->window;
    const uint64_t page = (touch->address - START) >> FL_PAGE_SHIFT;
    if (!(allowed[page] & 1) || (touch->kind == 1 && !(allowed[page] & 2))) {
        touch->status = FL_TOUCH_SIGNAL;
        touch->signal = 11;
        touch->code = allowed[page] ? 2 : 1;
        return;
    }
    uint64_t *at = leaf(w, page);
    // Sometimes neighbours have neighbouring frames.
    if (!(*at & FL_PTE_P)) *at = (FIRST + (rnd() % 2 ? page : rnd() % (FRAMES - FIRST))) << 12 | FL_PTE_P | FL_PTE_US | FL_PTE_NX;
    *at |= FL_PTE_A | (allowed[page] & 2 ? FL_PTE_RW : 0) | (touch->kind == 1 ? FL_PTE_D : 0);
    uint64_t frame;
    const uint32_t rights = fl_window_allowed(w, touch->address, &frame);
    const int error = fl_window_show(w, w, START + (page << FL_PAGE_SHIFT), 1, frame, rights);
    touch->status = error ? FL_TOUCH_HOST : FL_TOUCH_SHOWN;
    touch->code = error;
}

typedef struct one { volatile uint8_t *place; int write; uint8_t byte; } one;

static void make(void *argument) {
    one *touch = argument;
    if (touch->write) *touch->place = touch->byte; else touch->byte = *touch->place;
}

static const char *touch_page(fl_host_window *host) {
    const uint64_t page = rnd() % PAGES;
    one touch = {.place = host->base + (page << FL_PAGE_SHIFT) + 64, .write = (int)(rnd() % 2), .byte = (uint8_t)rnd()};
    const uint8_t byte = touch.byte;
    const uint8_t needed = touch.write ? 3 : 1;
    fl_touch refused = {0};
    const bool done = fl_window_run(make, &touch, &refused);
    if (done != ((allowed[page] & needed) == needed)) return refused.status == FL_TOUCH_HOST ? NULL : "a wrong refusal";
    if (!done) return refused.signal == 11 && refused.code == (allowed[page] ? 2 : 1) ? NULL : "a wrong signal";
    const uint64_t frame = *leaf(&host->window, page) >> 12 & 0xffffff;
    if (touch.write) model[frame] = byte;
    return model[frame] == (touch.write ? byte : touch.byte) ? NULL : "a wrong byte";
}

// Takes rights or pages away, as a kernel does: entries first, then the flush.
static void change(fl_window *w) {
    const uint64_t first = rnd() % PAGES;
    uint64_t end = first + 1 + rnd() % 20;
    if (end > PAGES) end = PAGES;
    const uint64_t how = rnd() % 6;
    for (uint64_t page = first; page < end; page++) {
        if (how == 0) *leaf(w, page) = allowed[page] = 0;
        if (how == 1) *leaf(w, page) = 0;
        if (how == 2) *leaf(w, page) &= ~(FL_PTE_RW | FL_PTE_D);
        if (how == 3) *leaf(w, page) &= ~FL_PTE_A;
        if (how == 4) *leaf(w, page) &= ~FL_PTE_RW, allowed[page] &= 1;
        if (how == 5) allowed[page] = 3;
    }
    fl_windows_flush(w, w->context, START + (first << 12), rnd() % 8 ? START + (end << 12) : UINT64_MAX);
}

static const char *check(const fl_window *w) {
    uint64_t stale;
    if (fl_window_find_stale(w, &stale)) return "a page that the tables do not allow";
    return fl_window_check(w);
}

static int open_window(fl_host_window *host, fl_ram *ram) {
    fl_host_window_prepare(host, &entry);
    fl_window *w = &host->window;
    w->start = START;
    w->end = START + PAGES * FL_PAGE_SIZE;
    w->page_limit = 64 + rnd() % 300;
    w->run_limit = 16 + rnd() % 600;
    w->ram = *ram;
    w->root = 1 << 12;
    w->context = 5;
    host->touch = answer;
    fl_ram_table(ram, 1)[START >> 39 & 511] = 2 << 12 | FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A;
    fl_ram_table(ram, 2)[START >> 30 & 511] = 3 << 12 | FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A;
    fl_ram_table(ram, 3)[START >> 21 & 511] = 4 << 12 | FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A;
    if (fl_window_open(w)) return -1;
    return fl_host_window_open(host, false);
}

int fuzz_window(uint64_t seed) {
    state = seed * 0x100000001b3ull + 7;
    fl_ram ram;
    if (fl_ram_create_shared(&ram, FRAMES * FL_PAGE_SIZE) != FL_OK || fl_window_entry_create(&entry)) return 0;
    for (unsigned i = 0; i < PAGES; i++) allowed[i] = (uint8_t[]){0, 1, 3, 3}[rnd() % 4];
    for (unsigned i = FIRST; i < FRAMES; i++) memset(fl_ram_frame(&ram, i), model[i] = (uint8_t)rnd(), FL_PAGE_SIZE);
    fl_host_window host;
    const int error = open_window(&host, &ram);
    const char *problem = error && error != ENOTSUP ? "a window does not open" : NULL;
    int step = 0;
    for (; !problem && !error && step < 400; step++) {
        if (rnd() % 64 == 0) host.skipped = rnd() % 4, host.failures = 1, host.failure = ENOMEM;
        if (rnd() % 6 == 0) change(&host.window); else problem = touch_page(&host);
        if (!problem) problem = check(&host.window);
    }
    if (problem) fprintf(stderr, "fuzz: seed %llu step %d: window: %s\n", (unsigned long long)seed, step, problem);
    host.failures = 0;
    if (!error) fl_host_window_stop(&host);
    if (host.window.records) fl_window_close(&host.window);
    if (!error) fl_host_window_release(&host);
    fl_window_entry_destroy(&entry);
    fl_ram_destroy(&ram);
    return !problem;
}
