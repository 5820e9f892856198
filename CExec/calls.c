// seccomp(2): the filter, and the calls that it hands on.
#define _GNU_SOURCE
#include "include/calls.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec_internal.h"
#include "include/tracee.h"

// Calls that change an address space or make another one; limits that count for it.
static const uint16_t watched[] = {
    SYS_mmap,     SYS_munmap,     SYS_mprotect, SYS_mremap, SYS_brk,     SYS_madvise,    SYS_mlock,    SYS_munlock,
    SYS_mlockall, SYS_munlockall, 325 /* mlock2 */, SYS_msync, SYS_mincore, SYS_shmat,  SYS_shmdt,    SYS_remap_file_pages,
    SYS_io_setup, 323 /* userfaultfd */, 329 /* pkey_mprotect */, 330 /* pkey_alloc */, 331 /* pkey_free */,
    462 /* mseal */, SYS_setrlimit, SYS_prlimit64, SYS_clone, SYS_fork, SYS_vfork, 435 /* clone3 */,
    334 /* rseq */,
};

#define WATCHED (sizeof watched / sizeof watched[0])
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(field))
#define IF(kind, value, yes, no) BPF_JUMP(BPF_JMP | BPF_##kind | BPF_K, (value), (yes), (no))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

// The assistant's calls, and those that it is made by, are the kernel's own; other instruction sets are told of.
static unsigned make_filter(struct sock_filter *code) {
    const struct sock_filter head[] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        IF(JEQ, AUDIT_ARCH_X86_64, 1, 0),
        RETURN(SECCOMP_RET_USER_NOTIF),
        LOAD(offsetof(struct seccomp_data, nr)),
        IF(JGE, 0x40000000, 0, 1),
        RETURN(SECCOMP_RET_USER_NOTIF),
        LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4),
        IF(JEQ, (uint32_t)(FL_ASSISTANT_BASE >> 32), 0, 4),
        LOAD(offsetof(struct seccomp_data, instruction_pointer)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfffff000u),
        IF(JEQ, (uint32_t)FL_ASSISTANT_BASE, 0, 1),
        RETURN(SECCOMP_RET_ALLOW),
        // The first page of an assistant.
        LOAD(offsetof(struct seccomp_data, args)),
        IF(JEQ, (uint32_t)FL_ASSISTANT_BASE, 0, 5),
        LOAD(offsetof(struct seccomp_data, args) + 4),
        IF(JEQ, 0, 0, 3),
        LOAD(offsetof(struct seccomp_data, nr)),
        IF(JEQ, SYS_mmap, 0, 1),
        RETURN(SECCOMP_RET_ALLOW),
        LOAD(offsetof(struct seccomp_data, nr)),
    };
    unsigned length = sizeof head / sizeof *head;
    memcpy(code, head, sizeof head);
    for (unsigned i = 0; i < WATCHED; i++) {
        const struct sock_filter test = IF(JEQ, watched[i], (uint8_t)(WATCHED - i), 0);
        code[length++] = test;
    }
    const struct sock_filter tail[] = {RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_USER_NOTIF)};
    memcpy(code + length, tail, sizeof tail);
    return length + 2;
}

int fl_calls_watch(int process) {
    struct sock_filter code[WATCHED + 32];
    const unsigned length = make_filter(code);
    const uint64_t place = FL_ASSISTANT_TEXT, program = place + sizeof code;
    struct sock_fprog head;
    memset(&head, 0, sizeof head);
    head.len = (unsigned short)length;
    head.filter = (struct sock_filter *)(uintptr_t)place;
    if (fl_tracee_write(process, place, code, length * sizeof *code) != length * sizeof *code ||
        fl_tracee_write(process, program, &head, sizeof head) != sizeof head)
        return -EFAULT;
    const uint64_t seccomp[6] = {SECCOMP_SET_MODE_FILTER,
                                 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program};
    int64_t made = fl_tracee_call(process, FL_ASSISTANT_BASE, SYS_seccomp, seccomp);
    if (made == -EACCES) {
        // Who has no CAP_SYS_ADMIN must give up what set-user-ID programs would get.
        const uint64_t give_up[6] = {PR_SET_NO_NEW_PRIVS, 1};
        fl_tracee_call(process, FL_ASSISTANT_BASE, SYS_prctl, give_up);
        made = fl_tracee_call(process, FL_ASSISTANT_BASE, SYS_seccomp, seccomp);
    }
    return made < 0 ? (int)made : fl_take_descriptor(process, (int)made);
}

int fl_calls_take(int watch, fl_call *call) {
    struct seccomp_notif notice;
    memset(&notice, 0, sizeof notice);
    if (ioctl(watch, SECCOMP_IOCTL_NOTIF_RECV, &notice) < 0) return errno;
    *call = (fl_call){.id = notice.id, .thread = (int)notice.pid, .number = notice.data.nr, .place = notice.data.instruction_pointer};
    if (notice.data.arch != AUDIT_ARCH_X86_64 || notice.data.nr >= 0x40000000) call->number = -1;
    for (int i = 0; i < 6; i++) call->arguments[i] = notice.data.args[i];
    return 0;
}

static bool answer(int watch, struct seccomp_notif_resp response) {
    return ioctl(watch, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

bool fl_calls_answer(int watch, uint64_t id, int64_t result) {
    const bool fails = result < 0 && result >= -4095;
    return answer(watch, (struct seccomp_notif_resp){.id = id, .val = fails ? 0 : result, .error = fails ? (int)result : 0});
}

bool fl_calls_pass(int watch, uint64_t id) {
    return answer(watch, (struct seccomp_notif_resp){.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE});
}

int fl_calls_probe(const char **missing) {
    *missing = "userfaultfd with kernel faults (CAP_SYS_PTRACE, or vm.unprivileged_userfaultfd=1)";
    const int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (faults < 0) return errno;
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_WP_HUGETLBFS_SHMEM};
    const int error = ioctl(faults, UFFDIO_API, &api) < 0 ? errno : 0;
    close(faults);
    if (error) {
        *missing = "userfaultfd with write protection of shared memory (Linux 5.19)";
        return error;
    }
    *missing = "seccomp user notification";
    uint32_t action = SECCOMP_RET_USER_NOTIF;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? errno : 0;
}

#endif
