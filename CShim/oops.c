#define _GNU_SOURCE
#include "oops.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sched.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#endif

#include "call_chain_step.h"
#include "host_read.h"
#include "include/call_chain.h"
#include "report_text.h"

// swift_demangle of the Swift runtime; NULL where it is not to be found (a static runtime, a C program).
typedef char *(*demangler)(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags);
static demangler demangle;

void fl_oops_prepare(void) {
    // ISO C has no cast from an object's to a function's pointer.
    void *found = dlsym(RTLD_DEFAULT, "swift_demangle");
    memcpy(&demangle, &found, sizeof found);
    fl_call_chain_prepare();
    char name[64];
    fl_frame_name where = {.name = name, .room = sizeof name};
    (void)fl_walk_name((uintptr_t)&fl_oops_prepare, &where);
}

static void put_name(fl_text *text, const char *name) {
    static char readable[640];
    if (demangle && (name[0] == '$' || (name[0] == '_' && name[1] == '$'))) {
        size_t size = sizeof readable;
        if (demangle(name, strlen(name), readable, &size, 0) == readable) {
            readable[sizeof readable - 1] = 0;
            fl_text_string(text, readable);
            return;
        }
    }
    fl_text_string(text, name);
}

// ` [object]`, as the kernel names a module; with the place in it where there is no better name.
static void put_object(fl_text *text, uint64_t address, bool with_place) {
    Dl_info info;
    if (!dladdr((void *)(uintptr_t)address, &info) || !info.dli_fname) return;
    const char *slash = strrchr(info.dli_fname, '/');
    fl_text_string(text, " [");
    fl_text_string(text, slash ? slash + 1 : info.dli_fname);
    if (with_place) {
        fl_text_string(text, "+");
        fl_text_number(text, address - (uintptr_t)info.dli_fbase, 16);
    }
    fl_text_string(text, "]");
}

// `function+0x12/0x80 [object]`; without a name `0x7f0012 [object+0x12]`.
static void put_place(fl_text *text, uint64_t address) {
    static char name[512];
    fl_frame_name where = {.name = name, .room = sizeof name};
    const bool has_name = fl_walk_name(address, &where);
    if (has_name) {
        put_name(text, name);
        fl_text_string(text, "+");
        fl_text_number(text, where.offset, 16);
        if (where.size > where.offset) {
            fl_text_string(text, "/");
            fl_text_number(text, where.size, 16);
        }
    } else {
        fl_text_number(text, address, 16);
    }
    put_object(text, address, !has_name);
    // A demangled name may have filled the line.
    if (text->length == sizeof text->bytes) text->length--;
    fl_text_string(text, "\n");
}

static void put_process(int descriptor) {
#ifdef __linux__
    fl_text text = {0};
    char comm[17] = {0};
    struct utsname host;
    prctl(PR_GET_NAME, comm);
    fl_text_string(&text, "CPU: ");
    fl_text_number(&text, (uint64_t)sched_getcpu(), 10);
    fl_text_string(&text, " PID: ");
    fl_text_number(&text, (uint64_t)getpid(), 10);
    fl_text_string(&text, " Comm: ");
    fl_text_string(&text, comm);
    if (uname(&host) == 0) {
        fl_text_string(&text, " ");
        fl_text_string(&text, host.sysname);
        fl_text_string(&text, " ");
        fl_text_string(&text, host.release);
        fl_text_string(&text, " ");
        fl_text_string(&text, host.machine);
    }
    fl_text_string(&text, "\n");
    fl_text_flush(&text, descriptor);
#else
    (void)descriptor;
#endif
}

#if defined(__linux__) && defined(__x86_64__)

#define CODE_BEFORE 42
#define CODE_BYTES 64

static void put_code(fl_text *text, uint64_t ip) {
    uint8_t code[CODE_BYTES];
    fl_text_string(text, "Code:");
    // Where the bytes before lie on a page that is not there, those behind are shown.
    uint64_t before = CODE_BEFORE;
    size_t count = fl_host_read(ip - before, code, sizeof code);
    if (count <= before) {
        before = 0;
        count = fl_host_read(ip, code, sizeof code - CODE_BEFORE);
    }
    if (count == 0) fl_text_string(text, " Unable to access opcode bytes");
    for (size_t i = 0; i < count; i++) {
        fl_text_string(text, i == before ? " <" : " ");
        fl_text_digits(text, code[i], 2);
        if (i == before) fl_text_string(text, ">");
    }
    fl_text_string(text, "\n");
}

static void put_registers(int descriptor, const ucontext_t *context) {
    static const struct { const char *name; int number; } shown[] = {
        {"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX}, {"RSI", REG_RSI}, {"RDI", REG_RDI},
        {"RBP", REG_RBP}, {"R08", REG_R8}, {"R09", REG_R9}, {"R10", REG_R10}, {"R11", REG_R11}, {"R12", REG_R12},
        {"R13", REG_R13}, {"R14", REG_R14}, {"R15", REG_R15},
    };
    const greg_t *all = context->uc_mcontext.gregs;
    const uint64_t segments = (uint64_t)all[REG_CSGSFS];
    fl_text text = {0};
    fl_text_string(&text, "RIP: ");
    fl_text_digits(&text, segments & 0xffff, 4);
    fl_text_string(&text, ":");
    put_place(&text, (uint64_t)all[REG_RIP]);
    put_code(&text, (uint64_t)all[REG_RIP]);
    fl_text_string(&text, "RSP: ");
    fl_text_digits(&text, (uint64_t)all[REG_RSP], 16);
    fl_text_string(&text, " EFLAGS: ");
    fl_text_digits(&text, (uint64_t)all[REG_EFL], 8);
    fl_text_flush(&text, descriptor);
    for (unsigned i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        fl_text_string(&text, i % 3 == 0 ? "\n" : " ");
        fl_text_string(&text, shown[i].name);
        fl_text_string(&text, ": ");
        fl_text_digits(&text, (uint64_t)all[shown[i].number], 16);
    }
    fl_text_string(&text, "\nCR2: ");
    fl_text_digits(&text, (uint64_t)all[REG_CR2], 16);
    fl_text_string(&text, " ERR: ");
    fl_text_digits(&text, (uint64_t)all[REG_ERR], 4);
    fl_text_string(&text, " TRAPNO: ");
    fl_text_digits(&text, (uint64_t)all[REG_TRAPNO], 4);
    fl_text_string(&text, "\n");
    fl_text_flush(&text, descriptor);
}

#else

static void put_registers(int descriptor, const ucontext_t *context) {
    (void)descriptor;
    (void)context;
}

#endif

static void put_callers(int descriptor, const ucontext_t *context) {
    static fl_call_chain chain;
    fl_text text = {0};
    fl_call_chain_gather(&chain, context, FL_CHAIN_MAX);
    fl_text_string(&text, "Call Trace:\n <TASK>\n");
    if (!fl_unwind_available())
        fl_text_string(&text, " built without libunwind (Debian: libunwind-dev): frame pointers alone are followed\n");
    for (uint32_t i = 0; i < chain.count; i++) {
        fl_text_string(&text, chain.guessed[i] ? " ? " : " ");
        put_place(&text, chain.addresses[i]);
        fl_text_flush(&text, descriptor);
    }
    if (chain.flags & FL_CHAIN_CUT) fl_text_string(&text, " ...\n");
    if (chain.flags & FL_CHAIN_BROKEN) fl_text_string(&text, " (further callers cannot be found)\n");
    fl_text_string(&text, " </TASK>\n");
    fl_text_flush(&text, descriptor);
}

void fl_oops_write(int descriptor, const ucontext_t *context) {
    put_process(descriptor);
    put_registers(descriptor, context);
    put_callers(descriptor, context);
    fl_text text = {0};
    fl_text_string(&text, "---[ end trace 0000000000000000 ]---\n");
    fl_text_flush(&text, descriptor);
}
