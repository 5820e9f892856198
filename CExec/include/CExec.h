// Programs of this machine on simulated memory: `faultline exec`.
#ifndef FAULTLINE_CEXEC_H
#define FAULTLINE_CEXEC_H

#include "calls.h"
#include "remote.h"
#include "tracee.h"

#endif
