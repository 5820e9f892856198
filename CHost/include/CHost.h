// CHost: what compares the simulator with real machines. No user of the library links it.
#ifndef FAULTLINE_CHOST_H
#define FAULTLINE_CHOST_H

#include "agent.h"
#include "emulator_guest.h"
#include "exec_stop.h"
#include "file_io.h"
#include "kernel_guard.h"
#include "kernel_mount.h"
#include "kernel_swap.h"
#include "kvm_oracle.h"
#include "memory_group.h"

#endif
