// CShim: the hardware that Faultline simulates, and its edge to the host.
#ifndef FAULTLINE_CSHIM_H
#define FAULTLINE_CSHIM_H

#include "agent.h"
#include "emulator_guest.h"
#include "exec_stop.h"
#include "fault_shim.h"
#include "kernel_guard.h"
#include "kvm_oracle.h"
#include "memory.h"
#include "page.h"
#include "pte.h"
#include "tlb.h"
#include "unwind.h"
#include "walk.h"

#endif
