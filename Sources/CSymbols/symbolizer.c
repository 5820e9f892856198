#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolizer.h"

#ifdef FL_WITH_LIBDW
#include <elfutils/libdw.h>
#endif

#ifdef FL_WITH_LIBDW

bool fl_symbolizer_has_libdw(void) { return true; }

static char *debug_path;
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .debuginfo_path = &debug_path,
};

static void open_objects(fl_symbolizer *symbolizer, const char *maps, size_t length) {
    symbolizer->dwfl = dwfl_begin(&callbacks);
    if (!symbolizer->dwfl) return;
    FILE *text = fmemopen((void *)(uintptr_t)maps, length, "r");
    if (text) {
        dwfl_report_begin(symbolizer->dwfl);
        (void)dwfl_linux_proc_maps_report(symbolizer->dwfl, text);
        (void)dwfl_report_end(symbolizer->dwfl, NULL, NULL);
        fclose(text);
    }
}

static void close_objects(fl_symbolizer *symbolizer) {
    if (symbolizer->dwfl) dwfl_end(symbolizer->dwfl);
}

static bool take_line(Dwarf_Die *unit, Dwarf_Addr address, fl_symbol *symbol) {
    if (!unit || dwarf_haspc(unit, address) <= 0) return false;
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    int number = 0;
    // Line 0 is code that stands in no source.
    if (!line || dwarf_lineno(line, &number) != 0 || number <= 0) return true;
    symbol->file = dwarf_linesrc(line, NULL, NULL);
    symbol->line = symbol->file ? (uint32_t)number : 0;
    return true;
}

// libdw's own look-up needs the table of addresses (.debug_aranges), which clang and the Swift compiler do not write: where it finds
// nothing, or another unit, all compilation units are looked through.
static void put_line(Dwfl_Module *module, uint64_t address, fl_symbol *symbol) {
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
    if (take_line(unit, address - bias, symbol)) return;
    unit = NULL;
    while ((unit = dwfl_module_nextcu(module, unit, &bias)))
        if (take_line(unit, address - bias, symbol)) return;
}

static bool look_up(fl_symbolizer *symbolizer, uint64_t address, fl_symbol *symbol) {
    Dwfl_Module *module = symbolizer->dwfl ? dwfl_addrmodule(symbolizer->dwfl, address) : NULL;
    if (!module) return false;
    GElf_Addr bias = 0;
    if (!dwfl_module_getelf(module, &bias)) return false;
    symbol->object_offset = address - bias;
    GElf_Sym found;
    GElf_Off offset = 0;
    symbol->function = dwfl_module_addrinfo(module, address, &offset, &found, NULL, NULL, NULL);
    // A symbol that ends before the address is only the nearest one.
    if (symbol->function && found.st_size != 0 && offset >= found.st_size) symbol->function = NULL;
    if (symbol->function) {
        symbol->function_offset = offset;
        symbol->function_size = found.st_size;
    }
    put_line(module, address, symbol);
    return true;
}

#else

bool fl_symbolizer_has_libdw(void) { return false; }

static void open_objects(fl_symbolizer *symbolizer, const char *maps, size_t length) {
    (void)symbolizer;
    (void)maps;
    (void)length;
}

static void close_objects(fl_symbolizer *symbolizer) { (void)symbolizer; }

static bool look_up(fl_symbolizer *symbolizer, uint64_t address, fl_symbol *symbol) {
    Dl_info info;
    if (!symbolizer->is_here || !dladdr((void *)(uintptr_t)address, &info)) return false;
    symbol->object_offset = address - (uintptr_t)info.dli_fbase;
    symbol->function = info.dli_sname;
    if (info.dli_sname) symbol->function_offset = address - (uintptr_t)info.dli_saddr;
    return true;
}

#endif

fl_symbolizer *fl_symbolizer_create(const char *maps, size_t length) {
    fl_symbolizer *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->mappings = fl_mappings_read(maps, length);
    if (made->mappings.count == 0) {
        fl_symbolizer_destroy(made);
        return NULL;
    }
    open_objects(made, maps, length);
    return made;
}

fl_symbolizer *fl_symbolizer_create_here(void) {
    FILE *file = fopen("/proc/self/maps", "re");
    if (!file) return NULL;
    char *text = NULL;
    size_t length = 0, room = 0;
    for (;;) {
        if (length == room) {
            char *larger = realloc(text, room = room ? room * 2 : 1 << 16);
            if (!larger) break;
            text = larger;
        }
        const size_t n = fread(text + length, 1, room - length, file);
        if (n == 0) break;
        length += n;
    }
    fclose(file);
    fl_symbolizer *made = text ? fl_symbolizer_create(text, length) : NULL;
    if (made) made->is_here = true;
    free(text);
    return made;
}

void fl_symbolizer_destroy(fl_symbolizer *symbolizer) {
    close_objects(symbolizer);
    fl_mappings_free(&symbolizer->mappings);
    free(symbolizer);
}

void fl_symbolizer_find(fl_symbolizer *symbolizer, uint64_t address, fl_symbol *symbol) {
    *symbol = (fl_symbol){0};
    const fl_mapping *mapping = fl_mappings_find(&symbolizer->mappings, address);
    if (mapping && mapping->name[0]) symbol->object = mapping->name;
    if (look_up(symbolizer, address, symbol) || !mapping) return;
    symbol->object_offset = address - mapping->start + mapping->offset;
}

char *fl_demangle(const char *name) {
    if (name[0] == '$' || (name[0] == '_' && name[1] == '$')) {
        char *(*swift)(const char *, size_t, char *, size_t *, uint32_t);
        void *found = dlsym(RTLD_DEFAULT, "swift_demangle");
        // ISO C has no cast from an object's to a function's pointer.
        memcpy(&swift, &found, sizeof found);
        return found ? swift(name, strlen(name), NULL, NULL, 0) : NULL;
    }
    if (name[0] == '_' && name[1] == 'Z') {
        char *(*plus)(const char *, char *, size_t *, int *);
        void *found = dlsym(RTLD_DEFAULT, "__cxa_demangle");
        memcpy(&plus, &found, sizeof found);
        return found ? plus(name, NULL, NULL, NULL) : NULL;
    }
    return NULL;
}

void fl_symbol_free(char *name) { free(name); }
