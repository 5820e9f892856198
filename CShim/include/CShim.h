// CShim: the hardware that Faultline simulates, and its edge to the host.
#ifndef FAULTLINE_CSHIM_H
#define FAULTLINE_CSHIM_H

#include "call_chain.h"
#include "call_sites.h"
#include "fault_shim.h"
#include "memory.h"
#include "page.h"
#include "pte.h"
#include "tlb.h"
#include "walk.h"
#include "window.h"

#endif
