// Who is in the machine, and the end of the process where that is wrong.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CWindow.h"

int fl_window_entry_create(fl_window_entry *entry) {
    entry->sites = NULL;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    // A thread that is in already must be found out, not wait for itself.
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    const int error = pthread_mutex_init(&entry->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

void fl_window_entry_destroy(fl_window_entry *entry) { pthread_mutex_destroy(&entry->mutex); }

void fl_window_enter(fl_window_entry *entry) {
    if (fl_host_is_child()) fl_window_die("a machine with windows is used in a child that its process forked; its memory stayed with the parent", 0);
    if (pthread_mutex_lock(&entry->mutex) != 0) fl_window_die("a thread enters the machine that is in it already", 0);
}

void fl_window_leave(fl_window_entry *entry) { pthread_mutex_unlock(&entry->mutex); }

static void put(const char *text) {
    const ssize_t count = write(STDERR_FILENO, text, strlen(text));
    (void)count;
}

void fl_window_die(const char *why, uint64_t address) {
    char digits[20] = "0x0000000000000000";
    for (unsigned i = 0; i < 16; i++) digits[17 - i] = "0123456789abcdef"[address >> (4 * i) & 15];
    put("faultline: window: ");
    put(why);
    if (address) {
        put(": ");
        put(digits);
    }
    put("\n");
    abort();
}
