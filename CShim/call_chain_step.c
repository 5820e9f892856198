#define _GNU_SOURCE
#include "call_chain_step.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "include/call_chain.h"

#if defined(__linux__) && defined(__x86_64__)
static bool read_registers(const ucontext_t *context, fl_frame_registers *frame) {
    const greg_t *all = context->uc_mcontext.gregs;
    *frame = (fl_frame_registers){
        .ip = (uint64_t)all[REG_RIP], .sp = (uint64_t)all[REG_RSP], .fp = (uint64_t)all[REG_RBP]};
    return true;
}
#elif defined(__linux__) && defined(__aarch64__)
static bool read_registers(const ucontext_t *context, fl_frame_registers *frame) {
    *frame = (fl_frame_registers){
        .ip = context->uc_mcontext.pc, .sp = context->uc_mcontext.sp, .fp = context->uc_mcontext.regs[29]};
    return true;
}
#else
static bool read_registers(const ucontext_t *context, fl_frame_registers *frame) {
    (void)context;
    (void)frame;
    return false;
}
#endif

// The name that the loader knows.
static inline bool exported_name(uint64_t address, fl_frame_name *where) {
    Dl_info info;
    if (!dladdr((void *)(uintptr_t)address, &info) || !info.dli_sname) return false;
    strncpy(where->name, info.dli_sname, where->room - 1);
    where->name[where->room - 1] = 0;
    where->offset = address - (uintptr_t)info.dli_saddr;
    where->size = 0;
    return true;
}

#ifdef FL_WITH_LIBUNWIND

bool fl_unwind_available(void) { return true; }

uint32_t fl_walk_flags(void) { return 0; }

void fl_walk_prepare(void) { (void)unw_set_caching_policy(unw_local_addr_space, UNW_CACHE_GLOBAL); }

bool fl_walk_start(fl_walk *walk, const ucontext_t *context) {
    if (!read_registers(context, &walk->frame)) return false;
    walk->registers = *context;
    walk->exact = true;
    walk->guessed = false;
    walk->saved_fp = 0;
    walk->is_at_frame = false;
    return true;
}

// Registers other than these three stay those of the interrupted code: compilers find a caller by the stack and frame pointers.
static bool begin_at_frame(fl_walk *walk) {
#if FL_WALK_REMEMBERS
    greg_t *all = walk->registers.uc_mcontext.gregs;
    all[REG_RIP] = (greg_t)walk->frame.ip;
    all[REG_RSP] = (greg_t)walk->frame.sp;
    all[REG_RBP] = (greg_t)walk->frame.fp;
#endif
    const int flags = walk->exact ? UNW_INIT_SIGNAL_FRAME : 0;
    walk->is_at_frame = unw_init_local2(&walk->cursor, &walk->registers, flags) >= 0;
    return walk->is_at_frame;
}

#if FL_WALK_REMEMBERS

// Whether an instruction has unwind information: libunwind's answer costs ten microseconds and is kept, the address with bit 63 as
// the answer. Entries are whole words, so threads need no lock.
static _Atomic uint64_t informed[1024];

static bool has_unwind_information(fl_walk *walk) {
    const uint64_t known = 1ull << 63, address = walk->frame.ip << 1 >> 1;
    _Atomic uint64_t *entry = &informed[(address * 0x9e3779b97f4a7c15ull) >> 54];
    const uint64_t value = atomic_load_explicit(entry, memory_order_relaxed);
    if (value << 1 >> 1 == address && address != 0) return value & known;
    unw_proc_info_t info;
    // Without information libunwind says so by a procedure of one byte.
    const bool has = unw_get_proc_info(&walk->cursor, &info) == 0 && info.end_ip - info.start_ip > 1;
    atomic_store_explicit(entry, address | (has ? known : 0), memory_order_relaxed);
    return has;
}

static fl_step guess(fl_walk *walk) {
    fl_frame_registers caller;
    if (!fl_guess_caller(&walk->frame, &caller)) return FL_STEP_LOST;
    walk->saved_fp = caller.fp == walk->frame.fp ? 0 : walk->frame.fp;
    walk->frame = caller;
    walk->exact = false;
    walk->guessed = true;
    walk->is_at_frame = false;
    return FL_STEP_MADE;
}

#endif

fl_step fl_walk_step(fl_walk *walk) {
    if (!walk->is_at_frame && !begin_at_frame(walk)) return FL_STEP_LOST;
    const bool is_signal_frame = unw_is_signal_frame(&walk->cursor) > 0;
#if FL_WALK_REMEMBERS
    // libunwind would follow the frame pointer here without a word, and miss callers.
    if (!is_signal_frame && !has_unwind_information(walk)) return guess(walk);
#endif
    const int status = unw_step(&walk->cursor);
    if (status < 0) return FL_STEP_LOST;
    unw_word_t ip = 0, sp = 0, fp = 0;
    if (unw_get_reg(&walk->cursor, UNW_REG_IP, &ip) < 0 || unw_get_reg(&walk->cursor, UNW_REG_SP, &sp) < 0)
        return FL_STEP_LOST;
    if (status == 0) return FL_STEP_END;
    walk->saved_fp = 0;
#if FL_WALK_REMEMBERS
    unw_save_loc_t place;
    if (unw_get_reg(&walk->cursor, UNW_X86_64_RBP, &fp) < 0) return FL_STEP_LOST;
    if (unw_get_save_loc(&walk->cursor, UNW_X86_64_RBP, &place) == 0 && place.type == UNW_SLT_MEMORY)
        walk->saved_fp = place.u.addr;
#endif
    walk->frame = (fl_frame_registers){.ip = ip, .sp = sp, .fp = fp};
    // The way back from a signal handler is not called, and what the signal interrupted calls nothing.
    walk->exact = is_signal_frame || unw_is_signal_frame(&walk->cursor) > 0;
    walk->guessed = false;
    return FL_STEP_MADE;
}

bool fl_walk_name(uint64_t address, fl_frame_name *where) {
    ucontext_t context;
    fl_walk walk;
    unw_proc_info_t info;
    unw_word_t offset = 0;
    if (!FL_WALK_REMEMBERS || getcontext(&context) != 0 || !fl_walk_start(&walk, &context)) return exported_name(address, where);
    walk.frame.ip = address;
    if (!begin_at_frame(&walk)) return false;
    const int found = unw_get_proc_name(&walk.cursor, where->name, where->room, &offset);
    if (found != 0 && found != -UNW_ENOMEM) return false;
    where->name[where->room - 1] = 0;
    where->offset = offset;
    where->size = 0;
    // What unwind information covers is the function; without any it is a single byte.
    if (unw_get_proc_info(&walk.cursor, &info) != 0 || info.end_ip - info.start_ip <= 1) return true;
    where->size = info.end_ip - info.start_ip;
    // In an object without a symbol table the name is that of the nearest function that is exported.
    return address - offset == info.start_ip;
}

#else

bool fl_walk_name(uint64_t address, fl_frame_name *where) { return exported_name(address, where); }

bool fl_unwind_available(void) { return false; }

uint32_t fl_walk_flags(void) { return FL_CHAIN_POINTERS; }

void fl_walk_prepare(void) {}

bool fl_walk_start(fl_walk *walk, const ucontext_t *context) {
    walk->exact = true;
    walk->guessed = false;
    walk->is_at_frame = true;
    walk->saved_fp = 0;
    return read_registers(context, &walk->frame);
}

fl_step fl_walk_step(fl_walk *walk) {
    fl_frame_registers caller;
    if (walk->frame.fp == 0) return FL_STEP_END;
    if (!fl_caller_by_frame_pointer(&walk->frame, &caller)) return FL_STEP_LOST;
    walk->frame = caller;
    walk->exact = false;
    walk->guessed = true;
    return FL_STEP_MADE;
}

#endif
