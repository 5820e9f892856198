#include "call_chain_internal.h"

#include "host_read.h"

// Words of the stack that are looked at, and how far behind its start a function may be interrupted.
#define WORDS 64
#define FUNCTION_BYTES (64ull << 10)

enum call { NO_CALL, SOME_CALL, CALL_TO_HERE };

bool fl_caller_by_frame_pointer(const fl_frame_registers *frame, fl_frame_registers *caller) {
    uint64_t saved[2];
    if (frame->fp % sizeof saved[0] != 0 || frame->fp < frame->sp) return false;
    if (fl_host_read(frame->fp, saved, sizeof saved) != sizeof saved || saved[1] == 0) return false;
    *caller = (fl_frame_registers){.ip = saved[1], .sp = frame->fp + sizeof saved, .fp = saved[0]};
    return true;
}

#ifdef __x86_64__

// Whether a call stands before an address, and whether it is one to the function that `ip` lies in.
static enum call call_before(uint64_t address, uint64_t ip) {
    // call rel32 (E8), call r/m64 (FF /2) in its forms of 2, 3, 4, 6 and 7 bytes.
    uint8_t code[8];
    if (address < sizeof code || address >> 47 != 0) return NO_CALL;
    if (fl_host_read(address - sizeof code, code, sizeof code) != sizeof code) return NO_CALL;
    if (code[3] == 0xe8) {
        const uint32_t distance = code[4] | code[5] << 8 | code[6] << 16 | (uint32_t)code[7] << 24;
        const uint64_t target = address + (uint64_t)(int64_t)(int32_t)distance;
        return ip - target < FUNCTION_BYTES ? CALL_TO_HERE : SOME_CALL;
    }
    static const unsigned lengths[] = {2, 3, 4, 6, 7};
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const uint8_t *start = code + sizeof code - lengths[i];
        if (start[0] == 0xff && (start[1] >> 3 & 7) == 2) return SOME_CALL;
    }
    return NO_CALL;
}

// The caller whose return address is word `i` of the stack. Where the function keeps a frame pointer, the caller's lies under it.
static fl_frame_registers caller_at(const fl_frame_registers *frame, const uint64_t *words, uint64_t i) {
    const uint64_t slot = frame->sp + i * sizeof words[0];
    const bool keeps_pointer = i > 0 && frame->fp == slot - sizeof words[0];
    return (fl_frame_registers){
        .ip = words[i], .sp = slot + sizeof words[0], .fp = keeps_pointer ? words[i - 1] : frame->fp};
}

bool fl_guess_caller(const fl_frame_registers *frame, fl_frame_registers *caller) {
    uint64_t words[WORDS];
    if (frame->sp % sizeof words[0] != 0) return false;
    const uint64_t count = fl_host_read(frame->sp, words, sizeof words) / sizeof words[0];
    uint64_t some = count;
    for (uint64_t i = 0; i < count; i++) {
        const enum call found = call_before(words[i], frame->ip);
        if (found == SOME_CALL && some == count) some = i;
        if (found != CALL_TO_HERE) continue;
        *caller = caller_at(frame, words, i);
        return true;
    }
    if (fl_caller_by_frame_pointer(frame, caller) && call_before(caller->ip, frame->ip) != NO_CALL) return true;
    if (some == count) return false;
    *caller = caller_at(frame, words, some);
    return true;
}

#else

bool fl_guess_caller(const fl_frame_registers *frame, fl_frame_registers *caller) {
    return fl_caller_by_frame_pointer(frame, caller);
}

#endif
