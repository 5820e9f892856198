/* What the C programs of the tests have in common. */
#ifndef CHECK_H
#define CHECK_H

#include <faultline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program where a condition does not hold. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s does not hold; last error: %s\n", __FILE__, __LINE__, #condition,     \
                    faultline_last_error()->message);                                                        \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define OK(call) CHECK((call) == FAULTLINE_OK)
#define IS(expected, call) CHECK((call) == (expected) && faultline_last_error()->status == (expected))

#endif
