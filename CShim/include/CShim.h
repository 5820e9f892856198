// CShim: the hardware that Faultline simulates, and its edge to the host.
#ifndef FAULTLINE_CSHIM_H
#define FAULTLINE_CSHIM_H

#include "fault_shim.h"
#include "memory.h"
#include "page.h"
#include "pte.h"
#include "tlb.h"
#include "unwind.h"
#include "walk.h"
#include "window.h"

#endif
