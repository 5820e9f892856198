// The mappings of a process, from a text as /proc/PID/maps has it.
#ifndef FAULTLINE_MAPPINGS_H
#define FAULTLINE_MAPPINGS_H

#include <stddef.h>
#include <stdint.h>

typedef struct fl_mapping {
    uint64_t start, end, offset;
    char *name;  // empty for none
} fl_mapping;

typedef struct fl_mappings {
    fl_mapping *list;
    size_t count;
} fl_mappings;

// Lines that are none are passed over.
fl_mappings fl_mappings_read(const char *text, size_t length);
void fl_mappings_free(fl_mappings *mappings);
const fl_mapping *fl_mappings_find(const fl_mappings *mappings, uint64_t address);

#endif
