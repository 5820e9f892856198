// Windows follow the page tables: what may be shown, flushes, limits.
#include "include/window.h"

#include <errno.h>

#include "pte.h"
#include "walk.h"
#include "window_internal.h"

#define CHUNK 64  // pages that are evicted at a time, aligned

uint32_t fl_window_allowed(const fl_window *w, uint64_t address, uint64_t *frame) {
    *frame = 0;
    if (!w->context) return 0;
    // Protection keys are looked at below, for each kind of access.
    const fl_paging paging = {.physical_bits = 52, .wp = true, .nxe = true, .gigabyte_pages = true};
    const fl_walk_start top = {.table = w->root, .rights = FL_RIGHTS_ALL, .level = 4};
    fl_walk walk;
    fl_walk_from(&w->ram, &paging, top, address, FL_READ, true, false, &walk);
    if (walk.status != FL_WALK_OK || walk.physical >= w->ram.bytes) return 0;
    const unsigned shift = 3 + 9 * (unsigned)walk.level;
    const uint64_t *table = (const uint64_t *)(const void *)(w->ram.base + walk.tables[walk.level]);
    if (!(table[address >> shift & 511] & FL_PTE_A)) return 0;
    const uint32_t denied = w->has_keys ? w->pkru >> (2 * (walk.rights >> FL_PTE_KEY_SHIFT & 15)) & 3 : 0;
    uint32_t rights = denied & 1 ? 0 : FL_SHOWS_READ;
    // The first write must be seen: it sets D.
    if (!denied && walk.rights & FL_PTE_RW && walk.rights & FL_PTE_D) rights |= FL_SHOWS_WRITE;
    if (!(walk.rights & FL_PTE_NX)) rights |= FL_SHOWS_EXECUTE;
    if (rights == FL_SHOWS_EXECUTE && !w->shows_execute_only) return 0;
    *frame = walk.physical >> FL_PAGE_SHIFT;
    return rights;
}

static uint64_t address_of(const fl_window *w, uint64_t page) { return w->start + (page << FL_PAGE_SHIFT); }

static void hide_pages(fl_window *w, uint64_t first, uint64_t end) {
    int error = w->ops->unmap(w, address_of(w, first), end - first);
    if (error) {
        // A hole in a mapping makes two of one, and the host may have room for no more. One over all of the window takes none.
        first = 0;
        end = w->pages;
        error = w->ops->unmap(w, w->start, w->pages);
    }
    if (error) w->host_error = error;
    for (uint64_t page = fl_shown_next(w, first); page < end; page = fl_shown_next(w, page + 1))
        fl_shown_set(w, page, page + 1, 0, 0);
}

// The pages of the window that a range of addresses has; false for none.
static bool clip(const fl_window *w, uint64_t start, uint64_t end, uint64_t *first, uint64_t *last) {
    if (start < w->start) start = w->start;
    if (end > w->end) end = w->end;
    if (start >= end) return false;
    *first = (start - w->start) >> FL_PAGE_SHIFT;
    *last = (end - w->start + FL_PAGE_SIZE - 1) >> FL_PAGE_SHIFT;
    return true;
}

void fl_window_hide(fl_window *w, uint64_t start, uint64_t end) {
    uint64_t first, last;
    if (!clip(w, start, end, &first, &last)) return;
    first = fl_shown_next(w, first);
    if (first >= last) return;
    // One mapping of nothing over all of it; the last shown page is not looked for.
    hide_pages(w, first, last);
}

// What a shown page may keep: nothing where another frame is there now.
static uint32_t kept(const fl_window *w, uint64_t page) {
    uint64_t frame;
    const uint32_t allowed = fl_window_allowed(w, address_of(w, page), &frame);
    const uint64_t record = w->records[page];
    return frame == record >> FL_RIGHTS_BITS ? allowed & (uint32_t)record & FL_RIGHTS_MASK : 0;
}

// Pages from `page` on that join, below `end`, and may keep the same rights.
static uint64_t same_end(const fl_window *w, uint64_t page, uint64_t end, uint32_t rights) {
    uint64_t next = page + 1;
    while (next < end && w->records[next] == w->records[next - 1] + (1u << FL_RIGHTS_BITS) && kept(w, next) == rights) next++;
    return next;
}

void fl_window_follow(fl_window *w, uint64_t start, uint64_t end) {
    uint64_t page, last;
    if (!clip(w, start, end, &page, &last)) return;
    // Pages that go, with nothing but pages that go or are not shown between them.
    uint64_t gone = last;
    uint64_t gone_end = last;
    for (page = fl_shown_next(w, page); page < last; page = fl_shown_next(w, page)) {
        const uint32_t had = (uint32_t)w->records[page] & FL_RIGHTS_MASK;
        const uint32_t keeps = kept(w, page);
        if (!keeps) {
            if (gone == last) gone = page;
            gone_end = ++page;
            continue;
        }
        if (gone != last) hide_pages(w, gone, gone_end);
        gone = last;
        // The host may have hidden more than it was asked to.
        if (!w->records[page]) {
            page++;
            continue;
        }
        const uint64_t next = keeps == had ? page + 1 : same_end(w, page, last, keeps);
        if (keeps != had) {
            const int error = w->ops->protect(w, address_of(w, page), next - page, keeps);
            if (error) hide_pages(w, page, next);
            else fl_shown_set(w, page, next, w->records[page] >> FL_RIGHTS_BITS, keeps);
        }
        page = next;
    }
    if (gone != last) hide_pages(w, gone, gone_end);
}

void fl_windows_flush(fl_window *first, uint32_t context, uint64_t start, uint64_t end) {
    for (fl_window *w = first; w; w = w->next)
        if (w->context == context) fl_window_follow(w, start, end);
}

// Hides a chunk. False where nothing is shown.
static bool evict(fl_window *w) {
    uint64_t page = fl_shown_next(w, w->hand);
    if (page >= w->pages) page = fl_shown_next(w, 0);
    if (page >= w->pages) return false;
    uint64_t end = (page | (CHUNK - 1)) + 1;
    if (end > w->pages) end = w->pages;
    const uint64_t before = w->shown_pages;
    hide_pages(w, page, end);
    w->evicted_pages += before - w->shown_pages;
    w->hand = end;
    return true;
}

static void evict_half(fl_window *first) {
    for (fl_window *w = first; w; w = w->next) {
        const uint64_t target = w->shown_pages / 2;
        while (w->shown_pages > target && evict(w)) {}
    }
}

int fl_window_show(fl_window *first, fl_window *w, uint64_t start, uint64_t pages, uint64_t frame, uint32_t rights) {
    const uint64_t page = (start - w->start) >> FL_PAGE_SHIFT;
    // A run of pages that is new adds two seams at most.
    while (w->shown_pages + pages > w->page_limit || w->runs + 2 > w->run_limit)
        if (!evict(w)) break;
    const uint64_t record = w->records[page];
    const bool same = pages == 1 && record && record >> FL_RIGHTS_BITS == frame;
    int error = same ? w->ops->protect(w, start, pages, rights) : w->ops->map(w, start, pages, frame, rights);
    // Others may have taken the host's mappings: room is made by halves, in all windows of the machine.
    for (unsigned tries = 0; error == ENOMEM && tries < 24; tries++) {
        evict_half(first);
        error = w->ops->map(w, start, pages, frame, rights);
    }
    if (error) {
        hide_pages(w, page, page + pages);
        return error;
    }
    fl_shown_set(w, page, page + pages, frame, rights);
    return 0;
}

bool fl_window_find_stale(const fl_window *w, uint64_t *address) {
    for (uint64_t page = fl_shown_next(w, 0); page < w->pages; page = fl_shown_next(w, page + 1)) {
        const uint32_t had = (uint32_t)w->records[page] & FL_RIGHTS_MASK;
        if (kept(w, page) == had) continue;
        *address = address_of(w, page);
        return true;
    }
    return false;
}
