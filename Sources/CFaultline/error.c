// The last error of each thread, and the names of statuses.
#include "include/inside/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local faultline_error last = {.message = "no call has failed"};

const faultline_error *faultline_last_error(void) { return &last; }

faultline_status faultline_note_error(const faultline_error *error, const char *message) {
    const size_t length = strlen(message);
    last = *error;
    // A message that is too long ends in a whole character.
    size_t kept = length < sizeof last.message ? length : sizeof last.message - 1;
    while (kept < length && kept > 0 && ((unsigned char)message[kept] & 0xc0) == 0x80) kept--;
    memcpy(last.message, message, kept);
    last.message[kept] = 0;
    return last.status;
}

const char *faultline_status_name(faultline_status status) {
    switch (status) {
    case FAULTLINE_OK: return "FAULTLINE_OK";
    case FAULTLINE_BAD_HANDLE: return "FAULTLINE_BAD_HANDLE";
    case FAULTLINE_BAD_ARGUMENT: return "FAULTLINE_BAD_ARGUMENT";
    case FAULTLINE_ERRNO: return "FAULTLINE_ERRNO";
    case FAULTLINE_FAULT: return "FAULTLINE_FAULT";
    case FAULTLINE_HOST: return "FAULTLINE_HOST";
    case FAULTLINE_ENDED: return "FAULTLINE_ENDED";
    case FAULTLINE_FULL: return "FAULTLINE_FULL";
    }
    return "unknown status";
}

uint32_t faultline_api_version(void) { return FAULTLINE_API_VERSION; }

char *faultline_copy_text(const char *text, size_t length) {
    char *copy = malloc(length + 1);
    if (!copy) return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void faultline_free(void *text) { free(text); }
