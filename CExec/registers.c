// Registers of threads that wait for a page.
#define _GNU_SOURCE
#include "include/tracee.h"

#if defined(__x86_64__) && defined(__linux__)

#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

bool fl_tracee_interrupt(int thread) { return ptrace(PTRACE_INTERRUPT, thread, 0, 0) == 0; }

bool fl_tracee_registers(int thread, uint64_t *registers) {
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, thread, 0, &r) < 0) return false;
    const uint64_t all[17] = {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
                              r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
    for (unsigned i = 0; i < 17; i++) registers[i] = all[i];
    return true;
}

#endif
