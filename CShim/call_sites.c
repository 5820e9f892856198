#include "include/call_sites.h"

#include <string.h>

#include "include/memory.h"

// Chains are a tree whose root is outside: a node is a caller and what stands around it, so common callers are kept once.
#define NO_ADDRESS 2
typedef struct node {
    uint64_t address;
    uint32_t outer;  // the node of the caller's caller; 0 for the outermost
    uint32_t site;   // its number and 1; 0 where no chain ends here
    uint32_t next;   // the next node of the same slot
    uint8_t guessed;
} node;

struct fl_call_sites {
    uint64_t bytes;  // of the whole, for the host
    uint32_t chains, callers;
    uint32_t site_count, node_count;  // node 0 is none
    uint32_t slot_mask;
    uint64_t lost[FL_FAULT_KINDS];
    fl_call_site *sites;
    uint32_t *ends;  // the node where a site's chain ends
    node *nodes;
    uint32_t *slots;
};

static uint64_t padded(uint64_t bytes) { return (bytes + 63) & ~63ull; }

fl_call_sites *fl_call_sites_create(uint32_t chains, uint32_t callers) {
    if (chains == 0 || callers == 0 || callers > 1u << 30 || chains > 1u << 30) return NULL;
    uint64_t slots = 64;
    while (slots < callers) slots *= 2;
    const uint64_t head = padded(sizeof(fl_call_sites)), sites = padded(chains * sizeof(fl_call_site));
    const uint64_t ends = padded((uint64_t)chains * 4), nodes = padded((callers + 1ull) * sizeof(node));
    const uint64_t bytes = head + sites + ends + nodes + slots * 4;
    uint8_t *memory = fl_host_reserve(bytes);
    if (!memory) return NULL;
    fl_call_sites *made = (fl_call_sites *)(void *)memory;
    *made = (fl_call_sites){
        .bytes = bytes, .chains = chains, .callers = callers, .slot_mask = (uint32_t)(slots - 1),
        .sites = (fl_call_site *)(void *)(memory + head), .ends = (uint32_t *)(void *)(memory + head + sites),
        .nodes = (node *)(void *)(memory + head + sites + ends),
        .slots = (uint32_t *)(void *)(memory + head + sites + ends + nodes)};
    return made;
}

void fl_call_sites_destroy(fl_call_sites *sites) { fl_host_release(sites, sites->bytes); }

// The node of a caller inside another one; 0 where there is no room for a new one.
static uint32_t node_of(fl_call_sites *sites, uint64_t address, uint32_t outer, uint8_t guessed) {
    uint64_t mixed = (address ^ (uint64_t)outer << 40 ^ (uint64_t)guessed << 63) * 0x9e3779b97f4a7c15ull;
    uint32_t *slot = &sites->slots[(uint32_t)(mixed >> 32) & sites->slot_mask];
    for (uint32_t i = *slot; i != 0; i = sites->nodes[i].next) {
        const node *n = &sites->nodes[i];
        if (n->address == address && n->outer == outer && n->guessed == guessed) return i;
    }
    if (sites->node_count == sites->callers) return 0;
    const uint32_t made = ++sites->node_count;
    sites->nodes[made] = (node){.address = address, .outer = outer, .guessed = guessed, .next = *slot};
    *slot = made;
    return made;
}

// The site of a chain; NULL where there is no room for a new one.
static fl_call_site *site_of(fl_call_sites *sites, const fl_call_chain *chain) {
    uint32_t end = 0;
    for (uint32_t i = chain->count; i > 0; i--) {
        end = node_of(sites, chain->addresses[i - 1], end, chain->guessed[i - 1]);
        if (end == 0) return NULL;
    }
    // The node of a chain without addresses looks like no other.
    if (chain->count == 0) end = node_of(sites, UINT64_MAX, 0, NO_ADDRESS);
    if (end == 0) return NULL;
    node *last = &sites->nodes[end];
    if (last->site == 0) {
        if (sites->site_count == sites->chains) return NULL;
        sites->ends[sites->site_count] = end;
        sites->sites[sites->site_count] = (fl_call_site){.depth = chain->count, .lowest = UINT64_MAX};
        last->site = ++sites->site_count;
    }
    return &sites->sites[last->site - 1];
}

void fl_call_sites_add(fl_call_sites *sites, fl_fault_kind kind, uint64_t address, const fl_call_chain *chain) {
    fl_call_site *site = site_of(sites, chain);
    if (!site) {
        sites->lost[kind]++;
        return;
    }
    site->counts[kind]++;
    site->flags |= chain->flags;
    if (address < site->lowest) site->lowest = address;
    if (address > site->highest) site->highest = address;
}

uint32_t fl_call_sites_count(const fl_call_sites *sites) { return sites->site_count; }

bool fl_call_sites_get(
    const fl_call_sites *sites, uint32_t number, fl_call_site *site, uint64_t *addresses, uint8_t *guessed) {
    if (number >= sites->site_count) return false;
    *site = sites->sites[number];
    uint32_t at = sites->ends[number];
    for (uint32_t i = 0; i < site->depth; i++, at = sites->nodes[at].outer) {
        addresses[i] = sites->nodes[at].address;
        guessed[i] = sites->nodes[at].guessed;
    }
    return true;
}

uint64_t fl_call_sites_lost(const fl_call_sites *sites, fl_fault_kind kind) { return sites->lost[kind]; }

void fl_call_sites_clear(fl_call_sites *sites) {
    memset(sites->slots, 0, (sites->slot_mask + 1ull) * sizeof sites->slots[0]);
    memset(sites->lost, 0, sizeof sites->lost);
    sites->site_count = 0;
    sites->node_count = 0;
}
