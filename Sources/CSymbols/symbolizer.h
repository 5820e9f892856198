// What the files of this target share.
#ifndef FAULTLINE_SYMBOLIZER_H
#define FAULTLINE_SYMBOLIZER_H

#include "include/CSymbols.h"
#include "mappings.h"

#ifdef FL_WITH_LIBDW
#include <elfutils/libdwfl.h>
#endif

// Code whose frames libdw was seen to have, or not to have, rules for.
#define FL_KNOWN_CODE 1024
typedef struct fl_known_code {
    uint64_t address;
    bool has_rules;
} fl_known_code;

struct fl_symbolizer {
    fl_mappings mappings;
    bool is_here;
#ifdef FL_WITH_LIBDW
    Dwfl *dwfl;
    bool is_attached, cannot_attach;
    fl_known_code known[FL_KNOWN_CODE];
    // The walk that is under way.
    const fl_stopped_code *code;
    fl_callers *callers;
#endif
};

#endif
