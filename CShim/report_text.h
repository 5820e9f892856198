// Text for signal handlers: numbers and names into a buffer of fixed size, written by write(2).
#ifndef FAULTLINE_REPORT_TEXT_H
#define FAULTLINE_REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

typedef struct fl_text {
    size_t length;
    char bytes[1024];
} fl_text;

static inline void fl_text_string(fl_text *t, const char *s) {
    while (*s && t->length < sizeof t->bytes) t->bytes[t->length++] = *s++;
}

static inline void fl_text_number(fl_text *t, uint64_t value, unsigned base) {
    char digits[24];
    unsigned n = 0;
    do digits[n++] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    if (base == 16) fl_text_string(t, "0x");
    while (n > 0 && t->length < sizeof t->bytes) t->bytes[t->length++] = digits[--n];
}

// As so many hexadecimal digits, without 0x.
static inline void fl_text_digits(fl_text *t, uint64_t value, unsigned digits) {
    for (unsigned i = digits; i > 0; i--) {
        const char digit[] = {"0123456789abcdef"[value >> (4 * (i - 1)) & 15], 0};
        fl_text_string(t, digit);
    }
}

static inline void fl_text_flush(fl_text *t, int descriptor) {
    size_t done = 0;
    while (done < t->length) {
        const ssize_t n = write(descriptor, t->bytes + done, t->length - done);
        if (n <= 0) break;
        done += (size_t)n;
    }
    t->length = 0;
}

#endif
