// The labels of the agent's code (agent.c), as addresses in this process; `FL_AGENT_AT` is where each lies in an agent.
#ifndef FAULTLINE_AGENT_CODE_H
#define FAULTLINE_AGENT_CODE_H

#include <stdint.h>

#include "agent.h"

extern const uint8_t fl_agent_code_start[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_end[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_syscall[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_load[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_store[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_reads[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_writes[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_warm[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_wrpkru[] __attribute__((visibility("hidden")));
extern const uint8_t fl_agent_code_rdpkru[] __attribute__((visibility("hidden")));

#define FL_AGENT_AT(label) (FL_AGENT_TEXT + (uint64_t)((label) - fl_agent_code_start))

#endif
