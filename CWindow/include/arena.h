// An allocator in the manner of malloc for memory that is given, such as a window.
//
// It keeps all that it knows outside of that memory: allocating and freeing touch none of it, so that the page faults are those of the
// program alone, and no wild write harms the allocator.
#ifndef FAULTLINE_ARENA_H
#define FAULTLINE_ARENA_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct fl_span fl_span;

#define FL_ARENA_CLASSES 32

typedef struct fl_arena {
    pthread_mutex_t lock;
    uint8_t *_Null_unspecified base;
    uint64_t pages;
    uint32_t *_Null_unspecified span_of;   // by page: 0 free, else the span's number
    fl_span *_Null_unspecified spans;      // from 1 on
    uint32_t span_count, span_room, free_span;
    uint32_t roomy[FL_ARENA_CLASSES];      // first span of a size that has a free place
    uint64_t hint;                         // no page below it is free
    uint64_t used_bytes, used_blocks;
} fl_arena;

// `base` is aligned to 4 KiB, `bytes` a multiple of it, up to 2^44. 0, or EINVAL, ENOMEM. The memory need not be accessible yet.
int fl_arena_create(fl_arena *_Nonnull arena, void *_Nonnull base, uint64_t bytes);
void fl_arena_destroy(fl_arena *_Nonnull arena);

// `alignment` is a power of two; blocks of 0 bytes are distinct. NULL where no room is left. The bytes are as they are: zero where
// nobody wrote to them before.
void *_Nullable fl_arena_allocate(fl_arena *_Nonnull arena, uint64_t bytes, uint64_t alignment);
// False for a place where no block begins: freed already, or never given out.
bool fl_arena_free(fl_arena *_Nonnull arena, void *_Nonnull block);
// Bytes that a block has room for; 0 for a place where none begins.
uint64_t fl_arena_size(fl_arena *_Nonnull arena, const void *_Nonnull block);
// The next run of whole free pages at or above the page; false where there is none.
bool fl_arena_free_pages(fl_arena *_Nonnull arena, uint64_t *_Nonnull page, uint64_t *_Nonnull count);

#endif
