#define _GNU_SOURCE
#include "include/call_chain.h"

#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>

#include "call_chain_internal.h"
#include "call_chain_step.h"

// How the caller of the code at one address is found, learnt from steps that libunwind made. Compilers put the end of a frame at a
// fixed distance from the stack pointer or from the frame pointer, the return address right below it. While the two pointers
// have been equally far apart each time, both distances say the same; when they differ once, it shows which of them holds.
typedef struct rule {
    uint64_t ip;
    enum { UNKNOWN, BY_EITHER, BY_SP, BY_FP, OUTERMOST, NO_RULE } kind;
    bool exact, guessed;
    bool saves_fp;          // the caller's frame pointer lies in the frame, else it is the frame's own
    uint64_t from_sp;       // the frame's end, less the stack pointer
    uint64_t from_fp;       // the same, less the frame pointer
    uint64_t saved_fp;      // the frame's end, less where the frame pointer is saved
} rule;

#define RULES 1024
#define EDGES 8192
static struct {
    atomic_flag busy;
    rule rules[RULES];
    // Pairs of code and caller that were seen, mixed into a word: a rule that is wrong somewhere would find another word.
    uint64_t edges[EDGES];
    uint64_t found, made;
} memory = {.busy = ATOMIC_FLAG_INIT};

static uint64_t mix(uint64_t value) { return (value ^ value >> 32) * 0x9e3779b97f4a7c15ull; }

static rule *rule_of(uint64_t ip) { return &memory.rules[mix(ip) >> 54]; }

static uint64_t edge(uint64_t ip, uint64_t caller) { return mix(ip * 3 ^ mix(caller)) | 1; }

static uint64_t word_at(uint64_t address) { return *(const uint64_t *)(uintptr_t)address; }

// Where a rule says that the frame ends; 0 where it says nothing of it.
static uint64_t end_of(const rule *r, const fl_frame_registers *frame) {
    switch (r->kind) {
    case BY_EITHER: return frame->fp + r->from_fp == frame->sp + r->from_sp ? frame->sp + r->from_sp : 0;
    case BY_SP: return frame->sp + r->from_sp;
    case BY_FP: return frame->fp > frame->sp && frame->fp - frame->sp < 1 << 20 ? frame->fp + r->from_fp : 0;
    default: return 0;
    }
}

// A step by a rule, to a caller that this code was seen to have.
static fl_step recall(fl_walk *walk) {
    const rule *r = rule_of(walk->frame.ip);
    if (r->ip != walk->frame.ip || r->exact != walk->exact) return FL_STEP_LOST;
    if (r->kind == OUTERMOST) return FL_STEP_END;
    const uint64_t end = end_of(r, &walk->frame);
    if (end == 0 || end % 8 != 0) return FL_STEP_LOST;
    const uint64_t caller = word_at(end - 8), known = edge(walk->frame.ip, caller);
    if (memory.edges[known >> 51] != known) return FL_STEP_LOST;
    if (r->saves_fp) walk->frame.fp = word_at(end - r->saved_fp);
    walk->frame.ip = caller;
    walk->frame.sp = end;
    walk->exact = false;
    walk->guessed = r->guessed;
    walk->is_at_frame = false;
    return FL_STEP_MADE;
}

// What a step says about where callers are found. The kind is NO_RULE for one that looks otherwise: the way out of a signal
// handler, a frame pointer that lies elsewhere.
static rule rule_from(const fl_frame_registers *frame, bool exact, const fl_walk *walk) {
    const fl_frame_registers *caller = &walk->frame;
    rule r = {
        .ip = frame->ip, .exact = exact, .guessed = walk->guessed, .from_sp = caller->sp - frame->sp,
        .from_fp = caller->sp - frame->fp, .kind = NO_RULE};
    if (r.from_sp < 8 || r.from_sp > 1 << 20 || caller->sp % 8 != 0 || word_at(caller->sp - 8) != caller->ip) return r;
    r.saves_fp = walk->saved_fp >= frame->sp && walk->saved_fp < caller->sp;
    if (r.saves_fp) r.saved_fp = caller->sp - walk->saved_fp;
    if (r.saves_fp ? word_at(walk->saved_fp) == caller->fp : frame->fp == caller->fp) r.kind = BY_EITHER;
    return r;
}

static void learn(const fl_frame_registers *frame, bool exact, const fl_walk *walk) {
    const rule next = rule_from(frame, exact, walk);
    rule *r = rule_of(frame->ip);
    // The way back from a handler looks like a caller, but is no call's.
    if (next.kind != NO_RULE && !walk->exact) {
        const uint64_t known = edge(frame->ip, walk->frame.ip);
        memory.edges[known >> 51] = known;
    }
    const bool is_same = r->ip == next.ip && r->exact == next.exact && r->guessed == next.guessed;
    if (!is_same || r->kind == UNKNOWN) {
        *r = next;
    } else if (next.kind == NO_RULE || r->saves_fp != next.saves_fp || r->saved_fp != next.saved_fp) {
        r->kind = NO_RULE;
    } else if (r->from_sp == next.from_sp) {
        if (r->from_fp != next.from_fp) r->kind = r->kind == BY_EITHER || r->kind == BY_SP ? BY_SP : NO_RULE;
    } else if (r->from_fp == next.from_fp) {
        r->kind = r->kind == BY_EITHER || r->kind == BY_FP ? BY_FP : NO_RULE;
    } else {
        r->kind = NO_RULE;
    }
}

static void learn_end(const fl_frame_registers *frame, bool exact) {
    *rule_of(frame->ip) = (rule){.ip = frame->ip, .exact = exact, .kind = OUTERMOST};
}

static void push(fl_call_chain *chain, const fl_walk *walk) {
    chain->addresses[chain->count] = walk->frame.ip - (walk->exact ? 0 : 1);
    chain->guessed[chain->count++] = walk->guessed;
    if (walk->guessed) chain->flags |= FL_CHAIN_GUESSED;
}

static void follow(fl_call_chain *chain, fl_walk *walk, uint32_t limit, bool remembers) {
    for (;;) {
        if (chain->count == limit) {
            chain->flags |= FL_CHAIN_CUT;
            return;
        }
        push(chain, walk);
        if (remembers) {
            const fl_step known = recall(walk);
            if (known == FL_STEP_END) return;
            if (known == FL_STEP_MADE) {
                memory.found++;
                continue;
            }
        }
        const fl_frame_registers frame = walk->frame;
        const bool exact = walk->exact;
        const fl_step step = fl_walk_step(walk);
        if (step == FL_STEP_LOST) chain->flags |= FL_CHAIN_BROKEN;
        if (step == FL_STEP_END && remembers) learn_end(&frame, exact);
        if (step != FL_STEP_MADE) return;
        if (!remembers) continue;
        memory.made++;
        learn(&frame, exact, walk);
    }
}

// The caller of the gatherer itself is not of interest.
static void drop_first(fl_call_chain *chain) {
    if (chain->count == 0) return;
    chain->count--;
    memmove(chain->addresses, chain->addresses + 1, chain->count * sizeof chain->addresses[0]);
    memmove(chain->guessed, chain->guessed + 1, chain->count * sizeof chain->guessed[0]);
}

__attribute__((noinline)) void fl_call_chain_gather(fl_call_chain *chain, const void *context, uint32_t limit) {
    chain->count = 0;
    chain->flags = fl_walk_flags();
    ucontext_t here;
    fl_walk walk;
    if (!context && getcontext(&here) != 0) return;
    if (!fl_walk_start(&walk, context ? context : &here)) {
        chain->flags |= FL_CHAIN_BROKEN;
        return;
    }
    if (limit > FL_CHAIN_MAX) limit = FL_CHAIN_MAX;
    // A thread that finds the memory in use goes without.
    const bool remembers = FL_WALK_REMEMBERS && !atomic_flag_test_and_set_explicit(&memory.busy, memory_order_acquire);
    follow(chain, &walk, limit, remembers);
    if (remembers) atomic_flag_clear_explicit(&memory.busy, memory_order_release);
    if (!context) drop_first(chain);
}

void fl_call_chain_forget(void) {
    while (atomic_flag_test_and_set_explicit(&memory.busy, memory_order_acquire)) continue;
    memset(memory.rules, 0, sizeof memory.rules);
    memset(memory.edges, 0, sizeof memory.edges);
    atomic_flag_clear_explicit(&memory.busy, memory_order_release);
}

void fl_call_chain_steps(uint64_t *found, uint64_t *made) {
    *found = memory.found;
    *made = memory.made;
}

void fl_call_chain_prepare(void) {
    fl_call_chain chain;
    fl_walk_prepare();
    fl_call_chain_gather(&chain, NULL, FL_CHAIN_MAX);
}
