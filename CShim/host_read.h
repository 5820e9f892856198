// Reading memory of this process that may not be there.
#ifndef FAULTLINE_HOST_READ_H
#define FAULTLINE_HOST_READ_H

#include <stddef.h>
#include <stdint.h>

// Copies up to `bytes` from an address, without a fault where nothing is mapped. Returns how many could be read. Safe in a
// signal handler. Where the host has no such call, it returns 0.
size_t fl_host_read(uint64_t address, void *to, size_t bytes);

#endif
