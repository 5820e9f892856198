// What a window shows: records by page, and an ordered set of the pages that have one.
#include <errno.h>
#include <stddef.h>

#include "window_internal.h"

#define USER_END (1ull << 47)

// Words of the records and of all levels, which lie behind each other.
static uint64_t all_words(const fl_window *w) {
    uint64_t sum = w->pages;
    uint64_t words = w->pages;
    for (unsigned level = 0; level < FL_WINDOW_LEVELS; level++) sum += words = (words + 63) / 64;
    return sum;
}

int fl_window_open(fl_window *w) {
    if (w->start >= w->end || w->end > USER_END || w->start % FL_PAGE_SIZE || w->end % FL_PAGE_SIZE) return EINVAL;
    w->pages = (w->end - w->start) >> FL_PAGE_SHIFT;
    w->runs = 1;
    w->records = fl_host_reserve(all_words(w) * sizeof(uint64_t));
    if (!w->records) return ENOMEM;
    uint64_t words = w->pages;
    uint64_t *place = w->records;
    for (unsigned level = 0; level < FL_WINDOW_LEVELS; level++) {
        place += words;
        words = (words + 63) / 64;
        w->levels[level] = place;
    }
    return 0;
}

void fl_window_close(fl_window *w) {
    if (!w->records) return;
    fl_window_hide(w, w->start, w->end);
    fl_host_release(w->records, all_words(w) * sizeof(uint64_t));
    w->records = NULL;
}

uint64_t fl_shown_next(const fl_window *w, uint64_t page) {
    // Up until a word has a bit at or above the place, then down along the lowest bits.
    unsigned level = 0;
    uint64_t place = page;
    if (page >= w->pages) return w->pages;
    while (true) {
        const uint64_t rest = w->levels[level][place / 64] >> (place % 64);
        if (rest) {
            place += (uint64_t)__builtin_ctzll(rest);
            break;
        }
        place = place / 64 + 1;
        if (++level == FL_WINDOW_LEVELS) return w->pages;
        // Behind the last word of this level there is nothing.
        if (place > (w->pages - 1) >> (6 * level)) return w->pages;
    }
    while (level > 0) {
        level--;
        place = place * 64 + (uint64_t)__builtin_ctzll(w->levels[level][place]);
    }
    return place;
}

static void note_page(fl_window *w, uint64_t page, bool shown) {
    for (unsigned level = 0; level < FL_WINDOW_LEVELS; level++) {
        uint64_t *word = &w->levels[level][page / 64];
        const uint64_t before = *word;
        const uint64_t bit = 1ull << (page % 64);
        *word = shown ? before | bit : before & ~bit;
        // The levels above say only whether a word is empty.
        if (shown ? before != 0 : *word != 0) return;
        page /= 64;
    }
}

// Whether the host makes one mapping of a page and the one below it.
static bool joins(const fl_window *w, uint64_t page) {
    const uint64_t below = w->records[page - 1];
    const uint64_t here = w->records[page];
    return below == 0 ? here == 0 : here == below + (1u << FL_RIGHTS_BITS);
}

static uint64_t seams(const fl_window *w, uint64_t first, uint64_t end) {
    uint64_t count = 0;
    for (uint64_t page = first ? first : 1; page <= end && page < w->pages; page++) count += !joins(w, page);
    return count;
}

void fl_shown_set(fl_window *w, uint64_t first, uint64_t end, uint64_t frame, uint32_t rights) {
    w->runs -= seams(w, first, end);
    for (uint64_t page = first; page < end; page++) {
        const bool was = w->records[page] != 0;
        w->records[page] = rights ? (frame + (page - first)) << FL_RIGHTS_BITS | rights : 0;
        if (was == (rights != 0)) continue;
        note_page(w, page, rights != 0);
        if (rights) w->shown_pages++; else w->shown_pages--;
    }
    w->runs += seams(w, first, end);
}

uint32_t fl_window_shown(const fl_window *w, uint64_t address, uint64_t *frame) {
    const uint64_t record = w->records[(address - w->start) >> FL_PAGE_SHIFT];
    *frame = record >> FL_RIGHTS_BITS;
    return (uint32_t)record & FL_RIGHTS_MASK;
}

uint64_t fl_window_next(const fl_window *w, uint64_t address) {
    return w->start + (fl_shown_next(w, (address - w->start) >> FL_PAGE_SHIFT) << FL_PAGE_SHIFT);
}

const char *fl_window_check(const fl_window *w) {
    uint64_t count = 0;
    for (uint64_t page = fl_shown_next(w, 0); page < w->pages; page = fl_shown_next(w, page + 1)) {
        if (!w->records[page]) return "its set of pages names one that is not shown";
        count++;
    }
    if (count != w->shown_pages) return "its count of shown pages is wrong";
    // The seams lie beside shown pages.
    uint64_t runs = 1;
    uint64_t counted = 0;
    for (uint64_t page = fl_shown_next(w, 0); page < w->pages; page = fl_shown_next(w, page + 1)) {
        if (page >= counted && page) runs += !joins(w, page);
        if (page + 1 < w->pages) runs += !joins(w, page + 1);
        counted = page + 2;
    }
    return runs == w->runs ? NULL : "its count of host mappings is wrong";
}
