/*
 * A binary tree in simulated memory: plain C code, whose page faults, copies on write and call sites the simulated kernel reports.
 *
 *     cc -g tree.c $(pkg-config --cflags --libs faultline) -o tree && ./tree
 */
#include <faultline.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct node {
    struct node *left, *right;
    long key;
    char rest[1000]; /* a few nodes fill a page */
} node;

static faultline_arena *arena;

static void check(faultline_status status, const char *call) {
    if (status == FAULTLINE_OK) return;
    fprintf(stderr, "%s: %s: %s\n", call, faultline_status_name(status), faultline_last_error()->message);
    exit(1);
}

static node *insert(node *root, long key) {
    if (!root) {
        void *block;
        check(faultline_arena_allocate(arena, sizeof(node), 0, &block), "allocate");
        node *made = block;
        made->left = made->right = NULL;
        made->key = key;
        return made;
    }
    if (key < root->key) root->left = insert(root->left, key);
    else root->right = insert(root->right, key);
    return root;
}

static long sum(const node *root) { return root ? root->key + sum(root->left) + sum(root->right) : 0; }

static void report(const char *when, faultline_process *process) {
    faultline_figures figures = FAULTLINE_FIGURES_INIT;
    check(faultline_process_figures(process, &figures), "figures");
    printf("%-34s minor faults %4llu, RSS %5llu KiB, PSS %5llu KiB\n", when, (unsigned long long)figures.minor_faults,
           (unsigned long long)figures.rss_kib, (unsigned long long)figures.pss_kib);
}

int main(void) {
    const uint64_t length = 4u << 20;
    faultline_machine *machine;
    faultline_process *parent, *child;
    faultline_window *window, *copy;
    uint64_t start;
    void *base, *other;
    char *text;

    check(faultline_machine_create(NULL, &machine), "machine_create");
    check(faultline_call_sites_start(machine, 0), "call_sites_start");
    check(faultline_spawn(machine, &parent), "spawn");
    check(faultline_mmap(parent, 0, length, FAULTLINE_PROT_READ | FAULTLINE_PROT_WRITE,
                         FAULTLINE_MAP_PRIVATE | FAULTLINE_MAP_ANONYMOUS, -1, 0, &start), "mmap");
    check(faultline_window_open(parent, start, length, NULL, &window, &base), "window_open");
    check(faultline_arena_create(window, start, length, &arena), "arena_create");
    report("before", parent);

    node *root = NULL;
    for (long i = 0; i < 1000; i++) root = insert(root, i * 7919 % 1000);
    printf("sum of 1000 keys: %ld\n", sum(root));
    report("a tree of 1000 nodes", parent);

    /* The child's window shows its copy of the memory: the same pages until one side writes. */
    check(faultline_fork(parent, &child), "fork");
    check(faultline_window_open(child, start, length, NULL, &copy, &other), "window_open");
    report("parent after fork", parent);
    node *theirs = (node *)((char *)other + ((char *)root - (char *)base));
    theirs->key = -1;
    printf("the root's key: %ld for the parent, %ld for the child\n", root->key, theirs->key);
    report("child after a write", child);

    check(faultline_call_sites_text(machine, 3, &text), "call_sites_text");
    printf("\n%s", text);
    faultline_free(text);
    check(faultline_machine_destroy(machine), "machine_destroy");
    return 0;
}
