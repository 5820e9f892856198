// The agent and its tracer where the processor is no x86-64: there is no live kernel to compare with, and every call says so.
#include "agent.h"

#include <errno.h>

#ifndef __x86_64__

static fl_agent_result absent(void) {
    return (fl_agent_result){.outcome = FL_AGENT_HOST_ERROR, .number = ENOSYS};
}

bool fl_agent_has_protection_keys(void) { return false; }

int fl_agent_image(void) { return -ENOSYS; }

fl_agent_result fl_agent_warm(int pid, uint64_t start, uint64_t end) {
    (void)pid, (void)start, (void)end;
    return absent();
}

fl_agent_result fl_agent_syscall(int pid, uint64_t number, const uint64_t *arguments) {
    (void)pid, (void)number, (void)arguments;
    return absent();
}

fl_agent_result fl_agent_access_memory(int pid, fl_agent_access kind, uint64_t first, uint64_t end, uint8_t byte) {
    (void)pid, (void)kind, (void)first, (void)end, (void)byte;
    return absent();
}

fl_agent_result fl_agent_write_pkru(int pid, uint32_t value) {
    (void)pid, (void)value;
    return absent();
}

fl_agent_result fl_agent_read_pkru(int pid) {
    (void)pid;
    return absent();
}

fl_agent_result fl_agent_exit(int pid, int status) {
    (void)pid, (void)status;
    return absent();
}

fl_agent_result fl_agent_begin(int pid) {
    (void)pid;
    return absent();
}

fl_agent_result fl_agent_resume(int pid) {
    (void)pid;
    return absent();
}

void fl_agent_watch(bool watches) { (void)watches; }

void fl_agent_kill(int pid) { (void)pid; }

int fl_agent_write(int pid, uint64_t address, const void *bytes, size_t count) {
    (void)pid, (void)address, (void)bytes, (void)count;
    return -ENOSYS;
}

int fl_agent_read(int pid, uint64_t address, void *bytes, size_t count) {
    (void)pid, (void)address, (void)bytes, (void)count;
    return -ENOSYS;
}

#endif
