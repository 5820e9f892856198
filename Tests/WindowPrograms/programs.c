#include "WindowPrograms.h"

#include <stdbool.h>
#include <string.h>

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

typedef struct node {
    struct node *left, *right;
    uint64_t key, priority;
} node;

static node *rotate(node *top, bool to_right) {
    node *child = to_right ? top->left : top->right;
    if (to_right) {
        top->left = child->right;
        child->right = top;
    } else {
        top->right = child->left;
        child->left = top;
    }
    return child;
}

static node *insert(node *top, node *new) {
    if (!top) return new;
    if (new->key < top->key) {
        top->left = insert(top->left, new);
        return top->left->priority > top->priority ? rotate(top, true) : top;
    }
    top->right = insert(top->right, new);
    return top->right->priority > top->priority ? rotate(top, false) : top;
}

static bool contains(const node *top, uint64_t key) {
    while (top && top->key != key) top = key < top->key ? top->left : top->right;
    return top;
}

// Mixes the keys in order into a number; 0 where they are not in order.
static uint64_t walk(const node *top, uint64_t *least, uint64_t sum) {
    if (!top) return sum;
    sum = walk(top->left, least, sum);
    if (top->key < *least) return 0;
    *least = top->key;
    return walk(top->right, least, sum * 31 + top->key);
}

uint64_t wp_tree(void *memory, size_t bytes, uint64_t count, uint64_t seed) {
    node *nodes = memory;
    if (count * sizeof(node) > bytes) return 0;
    node *top = NULL;
    uint64_t state = seed;
    for (uint64_t i = 0; i < count; i++) {
        nodes[i] = (node){.key = next_random(&state), .priority = next_random(&state)};
        top = insert(top, &nodes[i]);
    }
    state = seed;
    for (uint64_t i = 0; i < count; i++) {
        if (!contains(top, next_random(&state))) return 0;
        next_random(&state);
    }
    uint64_t least = 0;
    return walk(top, &least, 1) | 1;
}

// 0 is an empty place, 1 one that a number left.
static uint64_t *find(uint64_t *table, uint64_t mask, uint64_t key) {
    uint64_t *left = NULL;
    for (uint64_t at = key * 0x9e3779b97f4a7c15ull >> 20 & mask;; at = (at + 1) & mask) {
        if (table[at] == key) return &table[at];
        if (table[at] == 1 && !left) left = &table[at];
        if (table[at] == 0) return left ? left : &table[at];
    }
}

uint64_t wp_hash(void *memory, size_t bytes, uint64_t count, uint64_t seed) {
    uint64_t *table = memory;
    uint64_t places = 1;
    while (places < 2 * count) places *= 2;
    if (places * sizeof(uint64_t) > bytes) return 0;
    uint64_t state = seed;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t key = next_random(&state) | 2;
        *find(table, places - 1, key) = key;
    }
    state = seed;
    uint64_t sum = 1;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t key = next_random(&state) | 2;
        uint64_t *place = find(table, places - 1, key);
        if (*place != key) return 0;
        if (i % 3 == 0) *place = 1; else sum = sum * 31 + key;
    }
    state = seed;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t key = next_random(&state) | 2;
        if ((*find(table, places - 1, key) == key) != (i % 3 != 0)) return 0;
    }
    return sum | 1;
}

static void merge(const uint64_t *from, uint64_t *to, uint64_t first, uint64_t middle, uint64_t end) {
    uint64_t left = first, right = middle;
    for (uint64_t i = first; i < end; i++) {
        if (left < middle && (right >= end || from[left] <= from[right])) to[i] = from[left++];
        else to[i] = from[right++];
    }
}

uint64_t wp_sort(void *memory, size_t bytes, uint64_t count, uint64_t seed) {
    uint64_t *from = memory;
    uint64_t *to = from + count;
    if (2 * count * sizeof(uint64_t) > bytes) return 0;
    uint64_t state = seed;
    for (uint64_t i = 0; i < count; i++) from[i] = next_random(&state);
    for (uint64_t width = 1; width < count; width *= 2) {
        for (uint64_t first = 0; first < count; first += 2 * width) {
            const uint64_t middle = first + width < count ? first + width : count;
            const uint64_t end = first + 2 * width < count ? first + 2 * width : count;
            merge(from, to, first, middle, end);
        }
        uint64_t *other = from;
        from = to;
        to = other;
    }
    uint64_t sum = 1;
    for (uint64_t i = 0; i < count; i++) {
        if (i && from[i - 1] > from[i]) return 0;
        sum = sum * 31 + from[i];
    }
    return sum | 1;
}

uint8_t wp_load(const void *place) { return *(const volatile uint8_t *)place; }

void wp_store(void *place, uint8_t byte) { *(volatile uint8_t *)place = byte; }

uint64_t wp_call(const void *code) {
    uint64_t (*function)(void);
    memcpy(&function, &code, sizeof function);
    return function();
}

void wp_fill(uint8_t *place, size_t bytes, uint8_t step) {
    for (size_t i = 0; i < bytes; i++) place[i] = (uint8_t)(i * step);
}

uint64_t wp_sum(const uint8_t *place, size_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes; i++) sum = sum * 3 + place[i];
    return sum;
}
