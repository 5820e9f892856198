// Makes the assistant of a process: its pages, its mailbox, its descriptors.
#define _GNU_SOURCE
#include "exec_internal.h"
#include "include/tracee.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#define PLACE FL_ASSISTANT_BASE  // of the call instruction

static int64_t call(int process, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
    const uint64_t arguments[6] = {a, b, c, d, e, f};
    return fl_tracee_call(process, PLACE, number, arguments);
}

// Maps the assistant's pages by a call instruction that stands in the program's text for a moment.
static int make_pages(int process) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, process, 0, &regs) < 0) return ESRCH;
    errno = 0;
    const long text = ptrace(PTRACE_PEEKTEXT, process, regs.rip, 0);
    if (errno) return errno;
    // SYSCALL, INT3
    if (ptrace(PTRACE_POKETEXT, process, regs.rip, (text & ~0xffffffl) | 0xcc050fl) < 0) return errno;
    const uint64_t arguments[6] = {FL_ASSISTANT_BASE,           FL_ASSISTANT_END - FL_ASSISTANT_BASE,
                                   PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                                   (uint64_t)-1,                0};
    const int64_t made = fl_tracee_call(process, regs.rip, SYS_mmap, arguments);
    ptrace(PTRACE_POKETEXT, process, regs.rip, text);
    if (made != (int64_t)FL_ASSISTANT_BASE) return made < 0 ? (int)-made : EEXIST;
    const uint64_t size = (uint64_t)(fl_assistant_code_end - fl_assistant_code);
    return fl_tracee_write(process, FL_ASSISTANT_BASE, fl_assistant_code, size) == size ? 0 : EFAULT;
}

// Opens a descriptor of this process in the other one. It need not be inherited so, and nothing of the program's is in the way.
static int open_there(int process, int descriptor) {
    char path[64];
    const int length = snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), descriptor) + 1;
    if (fl_tracee_write(process, FL_ASSISTANT_TEXT, path, (uint64_t)length) != (uint64_t)length) return -EFAULT;
    return (int)call(process, SYS_openat, (uint64_t)AT_FDCWD, FL_ASSISTANT_TEXT, O_RDWR | O_CLOEXEC, 0, 0, 0);
}

int fl_take_descriptor(int process, int descriptor) {
    const int handle = (int)syscall(SYS_pidfd_open, process, 0);
    if (handle < 0) return -errno;
    int own = (int)syscall(SYS_pidfd_getfd, handle, descriptor, 0);
    if (own < 0) own = -errno;
    else fcntl(own, F_SETFD, FD_CLOEXEC);
    close(handle);
    call(process, SYS_close, (uint64_t)descriptor, 0, 0, 0, 0, 0);
    return own;
}

static int open_faults(fl_remote *remote, int process) {
    const int there = (int)call(process, SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK, 0, 0, 0, 0, 0);
    if (there < 0) return -there;
    remote->faults = fl_take_descriptor(process, there);
    if (remote->faults < 0) return -remote->faults;
    struct uffdio_api api = {.api = UFFD_API,
                             .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM |
                                         UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_EVENT_REMAP};
    return ioctl(remote->faults, UFFDIO_API, &api) < 0 ? errno : 0;
}

static int open_mailbox(fl_remote *remote, int process) {
    remote->mailbox_file = memfd_create("faultline-mailbox", MFD_CLOEXEC);
    if (remote->mailbox_file < 0 || ftruncate(remote->mailbox_file, sizeof(fl_mailbox)) < 0) return errno;
    void *own = mmap(NULL, sizeof(fl_mailbox), PROT_READ | PROT_WRITE, MAP_SHARED, remote->mailbox_file, 0);
    if (own == MAP_FAILED) return errno;
    remote->mailbox = own;
    const int there = open_there(process, remote->mailbox_file);
    if (there < 0) return -there;
    const int64_t made = call(process, SYS_mmap, FL_ASSISTANT_MAILBOX, sizeof(fl_mailbox), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_FIXED, (uint64_t)there, 0);
    call(process, SYS_close, (uint64_t)there, 0, 0, 0, 0, 0);
    return made < 0 ? (int)-made : 0;
}

// A second process with the same memory and descriptors of its own, that the program's wait(2) does not see.
static int launch(fl_remote *remote, int process) {
    const int64_t made = call(process, SYS_clone, CLONE_VM, 0, 0, 0, 0, 0);
    if (made <= 0) return made < 0 ? (int)-made : EPROTO;
    remote->assistant = (int)made;
    const uint64_t entry = FL_ASSISTANT_BASE + (uint64_t)(fl_assistant_entry - fl_assistant_code);
    if (!fl_tracee_launch(remote->assistant, entry, FL_ASSISTANT_END - 64, FL_ASSISTANT_MAILBOX)) return ESRCH;
    // What it has of the program's would keep pipes open.
    const unsigned ram = (unsigned)remote->remote_ram;
    const fl_operation close_all[] = {
        {SYS_close_range, {0, ram - 1, 0}, 0},
        {SYS_close_range, {ram + 1, ~0u, 0}, 0},
    };
    return fl_remote_run(remote, ram == 0 ? close_all + 1 : close_all, ram == 0 ? 1 : 2);
}

int fl_remote_open(fl_remote *remote, int process, int ram, uint64_t ram_bytes, bool is_new) {
    *remote = (fl_remote){.assistant = -1, .faults = -1, .ram = ram, .remote_ram = -1, .ram_bytes = ram_bytes, .mailbox_file = -1};
    int error = is_new ? make_pages(process) : 0;
    if (!error) error = open_mailbox(remote, process);
    if (!error) error = open_faults(remote, process);
    if (!error) {
        remote->remote_ram = open_there(process, ram);
        if (remote->remote_ram < 0) error = -remote->remote_ram;
    }
    if (!error) error = launch(remote, process);
    if (remote->remote_ram >= 0) call(process, SYS_close, (uint64_t)remote->remote_ram, 0, 0, 0, 0, 0);
    if (error) fl_remote_close(remote);
    return error;
}

void fl_remote_close(fl_remote *remote) {
    if (remote->assistant > 0) fl_tracee_kill(remote->assistant);
    if (remote->faults >= 0) close(remote->faults);
    if (remote->mailbox) munmap(remote->mailbox, sizeof(fl_mailbox));
    if (remote->mailbox_file >= 0) close(remote->mailbox_file);
    free(remote->early);
    remote->early = NULL;
    remote->early_count = remote->early_room = 0;
    remote->assistant = -1;
    remote->faults = -1;
    remote->mailbox = NULL;
    remote->mailbox_file = -1;
}

#endif
