/* What the library's own side of faultline.h needs; it is not installed. */
#ifndef FAULTLINE_ERROR_H
#define FAULTLINE_ERROR_H

#include "../faultline.h"

/* Keeps an error for the calling thread, with a message in place of its own. Returns its status. */
faultline_status faultline_note_error(const faultline_error *error, const char *message);

/* A text for faultline_free(); NULL where there is no memory. */
char *faultline_copy_text(const char *text, size_t length);

#endif
