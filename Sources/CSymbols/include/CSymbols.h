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

// MARK: Call chains of code in another address space

// Registers by their DWARF numbers; 16 is the instruction pointer.
#define FL_REGISTERS 17
#define FL_CALLERS_MAX 128

// Code that is stopped.
typedef struct fl_stopped_code {
    uint64_t registers[FL_REGISTERS];
    uint32_t known;       // a bit a register; 7 (the stack pointer) and 16 are always known
    bool is_behind_call;  // the instruction pointer stands behind the instruction that is meant
    // Reads eight bytes of its memory. False where there is none.
    bool (*_Null_unspecified read)(void *_Nullable context, uint64_t address, uint64_t *_Nonnull word);
    void *_Nullable context;
} fl_stopped_code;

typedef struct fl_callers {
    uint32_t count;
    bool is_cut;     // callers beyond the last one are left out for want of room
    bool is_broken;  // the stack could not be followed to its end, or by frame pointers alone
    // From the stopped code to the outermost caller; each inside an instruction.
    uint64_t addresses[FL_CALLERS_MAX];
    bool guessed[FL_CALLERS_MAX];  // by the frame pointer, since the code inside has no unwind information
} fl_callers;

// Follows the callers of code in the process that the symbolizer's mappings describe.
void fl_symbolizer_unwind(
    fl_symbolizer *_Nonnull symbolizer, const fl_stopped_code *_Nonnull code, fl_callers *_Nonnull callers);

// The name as the source has it, of Swift and C++, for fl_symbol_free. NULL for a name that is not mangled, or where the language's
// runtime is not in the process.
char *_Nullable fl_demangle(const char *_Nonnull name);
void fl_symbol_free(char *_Nonnull name);

#endif
