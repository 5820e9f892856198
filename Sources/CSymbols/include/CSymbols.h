// Names and source lines of code addresses, by libdw (elfutils) where the build has it.
#ifndef FAULTLINE_CSYMBOLS_H
#define FAULTLINE_CSYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fl_symbolizer fl_symbolizer;

// What is known of an address; NULL and 0 where it is not. The strings live as long as the symbolizer.
typedef struct fl_symbol {
    const char *_Nullable object;    // path of the program or library, or a name such as [vdso]
    uint64_t object_offset;          // the address as the object's own tables have it
    const char *_Nullable function;  // as the compiler mangled it
    uint64_t function_offset, function_size;
    const char *_Nullable file;
    uint32_t line;
} fl_symbol;

// Whether this build has libdw. Without it, only functions that an object exports have names, those of this process alone, and there are
// no source lines.
bool fl_symbolizer_has_libdw(void);

// Of a process whose mappings are described by a text as /proc/PID/maps has it. The files are read when they are needed first.
// NULL where the host has no memory, or the text no mapping.
fl_symbolizer *_Nullable fl_symbolizer_create(const char *_Nonnull maps, size_t length);

// Of this process as it is now.
fl_symbolizer *_Nullable fl_symbolizer_create_here(void);

void fl_symbolizer_destroy(fl_symbolizer *_Nonnull symbolizer);

void fl_symbolizer_find(fl_symbolizer *_Nonnull symbolizer, uint64_t address, fl_symbol *_Nonnull symbol);

// The name as the source has it, of Swift and C++, for fl_symbol_free. NULL for a name that is not mangled, or where the language's
// runtime is not in the process.
char *_Nullable fl_demangle(const char *_Nonnull name);
void fl_symbol_free(char *_Nonnull name);

#endif
