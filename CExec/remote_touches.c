// What userfaultfd tells of another process's memory.
#define _GNU_SOURCE
#include "exec_internal.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES 16

// Touches among the messages that are there now, up to MESSAGES; a negative errno. Others say that an assistant's call was made.
static int read_touches(fl_remote *remote, fl_touch *touches, int capacity) {
    struct uffd_msg messages[MESSAGES];
    if (capacity > MESSAGES) capacity = MESSAGES;
    const ssize_t got = read(remote->faults, messages, (size_t)capacity * sizeof *messages);
    if (got < 0) return errno == EAGAIN ? 0 : -errno;
    int count = 0;
    for (size_t i = 0; i < (size_t)got / sizeof *messages; i++) {
        if (messages[i].event != UFFD_EVENT_PAGEFAULT) continue;
        touches[count++] = (fl_touch){
            .address = messages[i].arg.pagefault.address,
            .thread = (int)messages[i].arg.pagefault.feat.ptid,
            .is_write = messages[i].arg.pagefault.flags & (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP),
        };
    }
    return count;
}

int fl_remote_gather(fl_remote *remote) {
    if (remote->early_room - remote->early_count < MESSAGES) {
        const uint32_t room = remote->early_room * 2 + MESSAGES;
        fl_touch *const more = realloc(remote->early, room * sizeof *more);
        if (!more) return ENOMEM;
        remote->early = more;
        remote->early_room = room;
    }
    const int count = read_touches(remote, remote->early + remote->early_count, MESSAGES);
    if (count < 0) return -count;
    remote->early_count += (uint32_t)count;
    return 0;
}

bool fl_remote_has_early(const fl_remote *remote) { return remote->early_count > 0; }

int fl_remote_touches(fl_remote *remote, fl_touch *touches, int capacity) {
    if (!remote->early_count) return read_touches(remote, touches, capacity);
    const uint32_t count = remote->early_count < (uint32_t)capacity ? remote->early_count : (uint32_t)capacity;
    memcpy(touches, remote->early, count * sizeof *touches);
    remote->early_count -= count;
    memmove(remote->early, remote->early + count, remote->early_count * sizeof *touches);
    return (int)count;
}

#endif
