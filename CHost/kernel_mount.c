#define _GNU_SOURCE
// The functions of fsopen(2), which glibc of 2.35 and less does not have.
#include "kernel_mount.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// uapi/linux/mount.h
enum { FSOPEN_CLOSE_ON_EXEC = 1, FSMOUNT_CLOSE_ON_EXEC = 1, FSCONFIG_STRING = 1, FSCONFIG_CREATE = 6 };

int fl_mount(const char *type, const char *size) {
    const int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOSE_ON_EXEC);
    if (context < 0) return -errno;
    long mount = size ? syscall(SYS_fsconfig, context, FSCONFIG_STRING, "size", size, 0) : 0;
    if (mount == 0) mount = syscall(SYS_fsconfig, context, FSCONFIG_CREATE, NULL, NULL, 0);
    if (mount == 0) mount = syscall(SYS_fsmount, context, FSMOUNT_CLOSE_ON_EXEC, 0);
    const int failed = errno;
    close(context);
    return mount < 0 ? -failed : (int)mount;
}

int fl_mount_tmpfs(uint64_t bytes) {
    char size[24];
    snprintf(size, sizeof size, "%llu", (unsigned long long)bytes);
    return fl_mount("tmpfs", size);
}

void fl_drain_batches(void) {
    // MADV_COLD does it first of all.
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    madvise(page, 4096, 20);
    munmap(page, 4096);
}
