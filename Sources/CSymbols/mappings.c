#include "mappings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(fl_mappings *mappings, size_t *room, const char *line, size_t length) {
    char copy[4352];
    if (length >= sizeof copy) length = sizeof copy - 1;
    memcpy(copy, line, length);
    copy[length] = 0;
    fl_mapping made = {0};
    int name = 0;
    if (sscanf(copy, "%" SCNx64 "-%" SCNx64 " %*4s %" SCNx64 " %*s %*s %n", &made.start, &made.end, &made.offset, &name) < 3)
        return 1;
    if (mappings->count == *room) {
        const size_t wanted = *room ? *room * 2 : 64;
        fl_mapping *list = realloc(mappings->list, wanted * sizeof *list);
        if (!list) return 0;
        mappings->list = list;
        *room = wanted;
    }
    made.name = strdup(name > 0 ? copy + name : "");
    if (!made.name) return 0;
    mappings->list[mappings->count++] = made;
    return 1;
}

fl_mappings fl_mappings_read(const char *text, size_t length) {
    fl_mappings mappings = {0};
    size_t room = 0;
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        const size_t line = end ? (size_t)(end - text) : length;
        if (!add(&mappings, &room, text, line)) break;
        const size_t used = end ? line + 1 : line;
        text += used;
        length -= used;
    }
    return mappings;
}

void fl_mappings_free(fl_mappings *mappings) {
    for (size_t i = 0; i < mappings->count; i++) free(mappings->list[i].name);
    free(mappings->list);
    *mappings = (fl_mappings){0};
}

const fl_mapping *fl_mappings_find(const fl_mappings *mappings, uint64_t address) {
    for (size_t i = 0; i < mappings->count; i++) {
        const fl_mapping *m = &mappings->list[i];
        if (m->start <= address && address < m->end) return m;
    }
    return NULL;
}
