// Short texts of /proc, /sys and the like, read and written by the host's files of C alone.
#ifndef FAULTLINE_TEXT_FILE_H
#define FAULTLINE_TEXT_FILE_H

#include <stddef.h>
#include <sys/types.h>

// Reads a file into the buffer, at most size - 1 bytes, and ends it with a null; `folder` is as openat(2) has it. The bytes read, or
// -errno.
ssize_t fl_read_text(int folder, const char *path, char *buffer, size_t size);

// Writes a text into a file of a folder. Returns 0 or -errno.
int fl_write_text(const char *folder, const char *name, const char *text);

#endif
