#define _GNU_SOURCE
// By its place: libunwind has a header of the same name.
#include "include/unwind.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "report_text.h"

#ifdef FL_WITH_LIBUNWIND

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#define MAX_FRAMES 64

// swift_demangle of the Swift runtime; NULL where it is not to be found (a static runtime, a C program).
typedef char *(*demangler)(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags);
static demangler demangle;

bool fl_unwind_available(void) { return true; }

void fl_unwind_prepare(void) {
    // ISO C has no cast from an object's to a function's pointer.
    void *found = dlsym(RTLD_DEFAULT, "swift_demangle");
    memcpy(&demangle, &found, sizeof found);
    unw_context_t context;
    unw_cursor_t cursor;
    char name[64];
    unw_word_t offset;
    if (unw_getcontext(&context) == 0 && unw_init_local(&cursor, &context) == 0 && unw_step(&cursor) > 0)
        (void)unw_get_proc_name(&cursor, name, sizeof name, &offset);
}

static void put_name(fl_text *text, const char *name) {
    static char readable[768];
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

static void put_frame(int descriptor, unw_cursor_t *cursor, unsigned number) {
    fl_text text = {0};
    unw_word_t address = 0, offset = 0;
    static char name[512];
    unw_get_reg(cursor, UNW_REG_IP, &address);
    fl_text_string(&text, "  #");
    fl_text_number(&text, number, 10);
    fl_text_string(&text, " ");
    fl_text_number(&text, address, 16);
    const int found = unw_get_proc_name(cursor, name, sizeof name, &offset);
    if (found == 0 || found == -UNW_ENOMEM) {
        name[sizeof name - 1] = 0;
        fl_text_string(&text, " ");
        put_name(&text, name);
        fl_text_string(&text, " + ");
        fl_text_number(&text, offset, 10);
    }
    // A demangled name may have filled the line.
    if (text.length == sizeof text.bytes) text.length--;
    fl_text_string(&text, "\n");
    fl_text_flush(&text, descriptor);
}

void fl_unwind_write(int descriptor, void *interrupted) {
    unw_cursor_t cursor;
    unw_context_t here;
    int status;
    if (interrupted) {
        status = unw_init_local2(&cursor, interrupted, UNW_INIT_SIGNAL_FRAME);
    } else {
        unw_getcontext(&here);
        status = unw_init_local(&cursor, &here);
    }
    for (unsigned number = 0; status >= 0 && number < MAX_FRAMES; number++) {
        put_frame(descriptor, &cursor, number);
        if (unw_step(&cursor) <= 0) break;
    }
}

#else

bool fl_unwind_available(void) { return false; }

void fl_unwind_prepare(void) {}

void fl_unwind_write(int descriptor, void *interrupted) {
    (void)interrupted;
    fl_text text = {0};
    fl_text_string(&text, "  no backtrace: built without libunwind (Debian: libunwind-dev)\n");
    fl_text_flush(&text, descriptor);
}

#endif
