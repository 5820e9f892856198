#define _GNU_SOURCE
#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

ssize_t fl_read_text(int folder, const char *path, char *buffer, size_t size) {
    const int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    const ssize_t got = read(file, buffer, size - 1);
    const int failed = errno;
    close(file);
    if (got < 0) return -failed;
    buffer[got] = 0;
    return got;
}

int fl_write_text(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    const ssize_t written = write(file, text, strlen(text));
    const int failed = errno;
    close(file);
    return written < 0 ? -failed : 0;
}
