// Lines that a user types at a terminal: libedit where the package was built with it, else plain input.
#ifndef FAULTLINE_LINE_EDITOR_H
#define FAULTLINE_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

// The next line without its end, for the caller to free; NULL at the end of the input.
char *_Nullable fl_line_read(const char *_Nonnull prompt);

// The words that complete the first word of a line, and those for all others. They are copied.
void fl_line_set_words(const char *_Nonnull const *_Nonnull first, size_t first_count,
                       const char *_Nonnull const *_Nonnull others, size_t other_count);

// The history of a file, which need not be there; and the newest `limit` lines back into it. False where it cannot be written.
void fl_line_load_history(const char *_Nonnull path);
bool fl_line_save_history(const char *_Nonnull path, int limit);

#endif
