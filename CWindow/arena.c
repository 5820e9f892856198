// Blocks of one size lie in a span of pages with a bit a block; larger blocks are spans of their own.
#include "arena.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096ull
#define SMALL 8192ull        // the largest block that shares a span
#define MOST_SLOTS 256       // of 16 bytes in a page
#define LARGE UINT32_MAX     // the class of a block with a span of its own

struct fl_span {
    uint64_t first, pages;
    uint32_t class_index, slots, used, next;
    uint64_t taken[MOST_SLOTS / 64];
};

// 16 to 128 by sixteens, then four sizes to each doubling.
static uint32_t class_of(uint64_t bytes) {
    if (bytes <= 128) return bytes == 0 ? 0 : (uint32_t)((bytes - 1) / 16);
    const unsigned top = 63 - (unsigned)__builtin_clzll(bytes - 1);
    return 8 + 4 * (top - 7) + (uint32_t)((bytes - 1) >> (top - 2) & 3);
}

static uint64_t class_bytes(uint32_t index) {
    if (index < 8) return 16 * (uint64_t)(index + 1);
    return (uint64_t)(5 + (index - 8) % 4) << (5 + (index - 8) / 4);
}

int fl_arena_create(fl_arena *a, void *base, uint64_t bytes) {
    memset(a, 0, sizeof *a);
    if (bytes == 0 || bytes % PAGE || (uintptr_t)base % PAGE || bytes > 1ull << 44) return EINVAL;
    a->base = base;
    a->pages = bytes / PAGE;
    a->span_of = calloc(a->pages, sizeof *a->span_of);
    a->span_room = 64;
    a->spans = calloc(a->span_room, sizeof *a->spans);
    a->span_count = 1;
    const int error = a->span_of && a->spans ? pthread_mutex_init(&a->lock, NULL) : ENOMEM;
    if (!error) return 0;
    free(a->span_of);
    free(a->spans);
    return error;
}

void fl_arena_destroy(fl_arena *a) {
    pthread_mutex_destroy(&a->lock);
    free(a->span_of);
    free(a->spans);
}

// A number for a span; 0 where the host has no memory.
static uint32_t take_number(fl_arena *a) {
    if (a->free_span) {
        const uint32_t number = a->free_span;
        a->free_span = a->spans[number].next;
        return number;
    }
    if (a->span_count == a->span_room) {
        fl_span *larger = realloc(a->spans, 2 * (size_t)a->span_room * sizeof *larger);
        if (!larger) return 0;
        a->spans = larger;
        a->span_room *= 2;
    }
    return a->span_count++;
}

static uint64_t skip_used(const fl_arena *a, uint64_t page) {
    while (page < a->pages && a->span_of[page]) {
        const fl_span *span = &a->spans[a->span_of[page]];
        page = span->first + span->pages;
    }
    return page;
}

// A span of free pages, the lowest that is long enough. 0 where there is none.
static uint32_t make_span(fl_arena *a, uint64_t pages, uint64_t alignment, uint32_t class_index) {
    uint64_t page = a->hint = skip_used(a, a->hint);
    while (true) {
        const uint64_t address = ((uintptr_t)a->base + page * PAGE + alignment - 1) & ~(alignment - 1);
        page = (address - (uintptr_t)a->base) / PAGE;
        if (page > a->pages || pages > a->pages - page) return 0;
        uint64_t end = page;
        while (end < page + pages && !a->span_of[end]) end++;
        if (end == page + pages) break;
        page = skip_used(a, end);
    }
    const uint32_t number = take_number(a);
    if (!number) return 0;
    a->spans[number] = (fl_span){.first = page, .pages = pages, .class_index = class_index, .slots = 1};
    for (uint64_t i = page; i < page + pages; i++) a->span_of[i] = number;
    return number;
}

static void free_span(fl_arena *a, uint32_t number) {
    fl_span *span = &a->spans[number];
    for (uint64_t i = span->first; i < span->first + span->pages; i++) a->span_of[i] = 0;
    if (span->first < a->hint) a->hint = span->first;
    span->next = a->free_span;
    span->slots = 0;
    a->free_span = number;
}

static uint64_t place_of(const fl_span *span, uint32_t slot) {
    return span->first * PAGE + slot * class_bytes(span->class_index);
}

static void *take_slot(fl_arena *a, uint32_t class_index) {
    uint32_t number = a->roomy[class_index];
    if (!number) {
        const uint64_t bytes = class_bytes(class_index);
        const uint64_t pages = (bytes * 8 + PAGE - 1) / PAGE;
        number = make_span(a, pages, PAGE, class_index);
        if (!number) return NULL;
        const uint64_t slots = pages * PAGE / bytes;
        a->spans[number].slots = slots < MOST_SLOTS ? (uint32_t)slots : MOST_SLOTS;
        a->roomy[class_index] = number;
    }
    fl_span *span = &a->spans[number];
    uint32_t slot = 0;
    while (span->taken[slot / 64] == UINT64_MAX) slot += 64;
    slot += (uint32_t)__builtin_ctzll(~span->taken[slot / 64]);
    span->taken[slot / 64] |= 1ull << (slot % 64);
    if (++span->used == span->slots) a->roomy[class_index] = span->next;
    a->used_bytes += class_bytes(class_index);
    return a->base + place_of(span, slot);
}

static void *take_large(fl_arena *a, uint64_t bytes, uint64_t alignment) {
    if (bytes > a->pages * PAGE) return NULL;
    const uint64_t pages = bytes == 0 ? 1 : (bytes + PAGE - 1) / PAGE;
    const uint32_t number = make_span(a, pages, alignment < PAGE ? PAGE : alignment, LARGE);
    if (!number) return NULL;
    a->spans[number].used = 1;
    a->used_bytes += pages * PAGE;
    return a->base + a->spans[number].first * PAGE;
}

void *fl_arena_allocate(fl_arena *a, uint64_t bytes, uint64_t alignment) {
    if (alignment == 0 || alignment & (alignment - 1)) return NULL;
    uint64_t size = bytes;
    // Blocks of a power of two are aligned to it, within a page.
    if (alignment > 16) {
        size = alignment;
        while (size < bytes && size <= SMALL) size *= 2;
    }
    pthread_mutex_lock(&a->lock);
    void *block = size <= SMALL && alignment <= PAGE ? take_slot(a, class_of(size)) : take_large(a, bytes, alignment);
    if (block) a->used_blocks++;
    pthread_mutex_unlock(&a->lock);
    return block;
}

// The span and the slot of a block; false where none begins there.
static bool find(const fl_arena *a, const void *block, uint32_t *number, uint32_t *slot) {
    const uint64_t offset = (uintptr_t)block - (uintptr_t)a->base;
    if (offset >= a->pages * PAGE || !(*number = a->span_of[offset / PAGE])) return false;
    const fl_span *span = &a->spans[*number];
    const uint64_t inside = offset - span->first * PAGE;
    *slot = 0;
    if (span->class_index == LARGE) return inside == 0;
    const uint64_t bytes = class_bytes(span->class_index);
    *slot = (uint32_t)(inside / bytes);
    return inside % bytes == 0 && *slot < span->slots && span->taken[*slot / 64] >> (*slot % 64) & 1;
}

// Takes a span out of the list of those with room.
static void unlink_span(fl_arena *a, uint32_t number) {
    uint32_t *link = &a->roomy[a->spans[number].class_index];
    while (*link != number) link = &a->spans[*link].next;
    *link = a->spans[number].next;
}

bool fl_arena_free(fl_arena *a, void *block) {
    uint32_t number, slot;
    pthread_mutex_lock(&a->lock);
    const bool found = find(a, block, &number, &slot);
    if (found) {
        fl_span *span = &a->spans[number];
        a->used_blocks--;
        if (span->class_index == LARGE) {
            a->used_bytes -= span->pages * PAGE;
            free_span(a, number);
        } else {
            a->used_bytes -= class_bytes(span->class_index);
            span->taken[slot / 64] &= ~(1ull << (slot % 64));
            if (span->used-- == span->slots) {
                span->next = a->roomy[span->class_index];
                a->roomy[span->class_index] = number;
            }
            if (span->used == 0) {
                unlink_span(a, number);
                free_span(a, number);
            }
        }
    }
    pthread_mutex_unlock(&a->lock);
    return found;
}

uint64_t fl_arena_size(fl_arena *a, const void *block) {
    uint32_t number, slot;
    pthread_mutex_lock(&a->lock);
    uint64_t bytes = 0;
    if (find(a, block, &number, &slot)) {
        const fl_span *span = &a->spans[number];
        bytes = span->class_index == LARGE ? span->pages * PAGE : class_bytes(span->class_index);
    }
    pthread_mutex_unlock(&a->lock);
    return bytes;
}

bool fl_arena_free_pages(fl_arena *a, uint64_t *page, uint64_t *count) {
    pthread_mutex_lock(&a->lock);
    const uint64_t first = skip_used(a, *page);
    uint64_t end = first;
    while (end < a->pages && !a->span_of[end]) end++;
    pthread_mutex_unlock(&a->lock);
    *page = first;
    *count = end - first;
    return end > first;
}
