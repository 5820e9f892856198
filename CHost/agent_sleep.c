// Agents that sleep for a userfaultfd, and the messages of their faults.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"

// Reads a small file of /proc; returns its length, or -1.
static int read_text(const char *path, char *text, int capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int length = (int)read(fd, text, (size_t)capacity - 1);
    close(fd);
    text[length < 0 ? 0 : length] = 0;
    return length;
}

int fl_agent_sleep(int pid) {
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/wchan", pid);
    if (read_text(path, text, sizeof text) <= 0) return 0;
    if (strcmp(text, "handle_userfault") == 0) return 1;
    return strcmp(text, "userfaultfd_event_wait_completion") == 0 ? 2 : 0;
}

uint64_t fl_agent_sleeps(int pid) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (read_text(path, text, sizeof text) <= 0) return 0;
    const char *line = strstr(text, "\nvoluntary_ctxt_switches:");
    return line ? strtoull(line + 25, NULL, 10) : 0;
}

// Whether a descriptor of a process is a userfaultfd in which a fault waits for its message to be read.
static int has_fault(int pid, const char *fd) {
    char path[320], text[512];
    snprintf(path, sizeof path, "/proc/%d/fd/%s", pid, fd);
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length < 0) return 0;
    text[length] = 0;
    if (strcmp(text, "anon_inode:[userfaultfd]") != 0) return 0;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", pid, fd);
    if (read_text(path, text, sizeof text) <= 0) return 0;
    const char *pending = strstr(text, "pending:");
    return pending && strtoul(pending + 8, NULL, 10) > 0;
}

static int read_message(int pid, int fd, fl_agent_fault *fault) {
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0) return -errno;
    int own = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    int error = errno;
    close(process);
    if (own < 0) return -error;
    int flags = fcntl(own, F_GETFL);
    fcntl(own, F_SETFL, flags | O_NONBLOCK);
    uint64_t message[4] = {0};
    ssize_t length = read(own, message, sizeof message);
    fcntl(own, F_SETFL, flags);
    close(own);
    // UFFD_EVENT_PAGEFAULT
    if (length != sizeof message || (message[0] & 0xff) != 0x12) return 0;
    *fault = (fl_agent_fault){.flags = message[1], .address = message[2], .thread = (uint32_t)message[3]};
    return 1;
}

int fl_agent_read_fault(const int32_t *pids, int32_t count, fl_agent_fault *fault) {
    for (int32_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd", pids[i]);
        DIR *directory = opendir(path);
        if (!directory) continue;
        int found = 0;
        for (struct dirent *entry; found == 0 && (entry = readdir(directory));) {
            if (has_fault(pids[i], entry->d_name)) found = read_message(pids[i], atoi(entry->d_name), fault);
        }
        closedir(directory);
        if (found != 0) return found;
    }
    return 0;
}
