// The agent: a tiny program without libc that makes a scenario's calls and accesses on the live kernel, and the edge
// through which its tracer drives it (ptrace(2)). The tracer must use one thread for all calls on one agent.
#ifndef FAULTLINE_AGENT_H
#define FAULTLINE_AGENT_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

// The agent's address space: an ELF header page, a page of code, and five zeroed pages that the tracer uses as a buffer.
#define FL_AGENT_HEADER 0x400000ull
#define FL_AGENT_TEXT 0x401000ull
#define FL_AGENT_BSS 0x402000ull
#define FL_AGENT_BSS_BYTES 0x5000ull
#define FL_AGENT_END 0x407000ull

typedef enum fl_agent_access {
    FL_AGENT_LOAD = 0,   // one byte read at `first`
    FL_AGENT_STORE,      // one byte written at `first`
    FL_AGENT_READS,      // a byte read at `first` and at the start of each later page below `end`
    FL_AGENT_WRITES,     // the same, written
    FL_AGENT_EXECUTE,    // one instruction fetched and executed at `first`; it must be RET
} fl_agent_access;

typedef enum fl_agent_outcome {
    FL_AGENT_DONE = 0,
    FL_AGENT_SIGNAL,       // a fault's signal: number, code and address are set
    FL_AGENT_NOT_RET,      // the instruction that was executed was not RET
    FL_AGENT_DIED,         // the process is gone; number is the signal that killed it, or 0 if it exited
    FL_AGENT_OWN_FAULT,    // the agent's own code or data is not accessible any more
    FL_AGENT_BECAME,       // execve succeeded: the process is another program, before its first instruction
    FL_AGENT_SLEEPS,       // it sleeps for a userfaultfd and goes on by itself; code is as of fl_agent_sleep
    FL_AGENT_HOST_ERROR,   // ptrace or waitpid failed; number is the errno
} fl_agent_outcome;

typedef struct fl_agent_result {
    int32_t outcome;    // fl_agent_outcome
    int32_t number;     // signal number or errno, as the outcome says
    int32_t code;       // si_code of the signal
    int32_t child;      // process made by fork; else 0
    int32_t key;        // si_pkey of a SIGSEGV with SEGV_PKUERR; else 0
    uint64_t address;   // si_addr of the signal
    uint64_t value;     // the system call's result, or the byte that was read
    uint64_t count;     // accesses that were made
} fl_agent_result;

typedef struct fl_agent_options {
    int32_t cpu;            // the processor to run on, or negative for any
    uint64_t stack_limit;   // soft RLIMIT_STACK, bytes
    uint32_t oom_score_adj; // 0 to 1000
} fl_agent_options;

// What could not be set up, as bits of `fl_agent_spawn`'s `missing`.
#define FL_AGENT_NO_IPC_NAMESPACE 1u   // System V segments are those of the machine; the tracer must remove them
#define FL_AGENT_NO_LIMITS 2u          // resource limits could not be lifted
#define FL_AGENT_NO_AFFINITY 4u        // could not be bound to one processor

// Writes the numbers of the processors that the calling thread may use, ascending. Returns how many, or a negative errno.
int fl_agent_processors(int32_t *_Nonnull numbers, int32_t capacity);

// Has the calling thread run on these processors; on those that it may use already where none of them is allowed.
void fl_agent_run_on(const int32_t *_Nonnull numbers, int32_t count);

// Has a process run on one processor. Returns 0 or a negative errno.
int fl_agent_pin(int pid, int32_t number);

// Whether the kernel of this machine uses protection keys (CPUID.7:ECX.OSPKE, which is CR4.PKE).
bool fl_agent_has_protection_keys(void);

// Writes a file page by page, page i full of (i & 127) + 1, on processor `number`; or on another, and writes it back.
// Pages of the file wait in the LRU batches of that processor, and no page of the caller does. Returns a negative errno.
int fl_agent_fill(int fd, uint64_t size, int32_t number, bool elsewhere);

// Makes the agent's ELF image as a sealed memory file. Returns its descriptor, or a negative errno.
int fl_agent_image(void);

// Starts an agent that is traced by the calling thread and stopped at its first instruction; it dies with its tracer.
// Returns its process id, or a negative errno. Precondition: `image` comes from fl_agent_image.
int fl_agent_spawn(int image, const fl_agent_options *_Nonnull options, uint32_t *_Nonnull missing);

// Reads the agent's header page and code, and writes to its own pages from `start` to `end` without changing them, so
// that none of them faults in a later call. Precondition: both are page-aligned, and the pages are the agent's.
fl_agent_result fl_agent_warm(int pid, uint64_t start, uint64_t end);

// Makes system call `number` in the agent. A fork's child is left stopped, traced, and ready for calls. A parent that called
// vfork waits in it: it takes no calls until fl_agent_resume.
fl_agent_result fl_agent_syscall(int pid, uint64_t number, const uint64_t *_Nonnull arguments);

// Lets a process that has become the agent's image run to the trap at its start. Precondition: FL_AGENT_BECAME.
fl_agent_result fl_agent_begin(int pid);

// Waits until an agent has come out of the vfork that it was in, or out of the sleep for a userfaultfd. Precondition: its child has
// exited, or someone has woken it.
fl_agent_result fl_agent_resume(int pid);

// Whether agents of the calling thread may sleep for a userfaultfd, so that each call looks out for that.
void fl_agent_watch(bool watches);

// For what a process sleeps: 1 for a page that a userfaultfd serves, 2 for an event that a reader has to read, 0 for nothing of these.
int fl_agent_sleep(int pid);

// How often a process has gone to sleep.
uint64_t fl_agent_sleeps(int pid);

// The message of a page fault (`struct uffd_msg`).
typedef struct fl_agent_fault {
    uint64_t flags;     // UFFD_PAGEFAULT_FLAG_
    uint64_t address;
    uint32_t thread;
} fl_agent_fault;

// Reads the message of a page fault that waits in a userfaultfd of these processes; no event is read. Returns 1, 0 where there is none,
// or a negative errno.
int fl_agent_read_fault(const int32_t *_Nonnull pids, int32_t count, fl_agent_fault *_Nonnull fault);

// Whether two processes share an address space (kcmp(2)): 1, 0, or a negative errno.
int fl_agent_shares_memory(int pid, int other);

// Makes accesses of `kind` in the agent; `end` counts for READS and WRITES only, `byte` for STORE and WRITES only.
fl_agent_result fl_agent_access_memory(int pid, fl_agent_access kind, uint64_t first, uint64_t end, uint8_t byte);

// Executes WRPKRU with `value`, or RDPKRU (`value` of the result), in the agent. A processor without them raises SIGILL.
fl_agent_result fl_agent_write_pkru(int pid, uint32_t value);
fl_agent_result fl_agent_read_pkru(int pid);

// Lets the agent call exit_group(status) and waits until it is gone.
fl_agent_result fl_agent_exit(int pid, int status);

// Kills the agent and waits until it is gone. A process that is already gone is left alone.
void fl_agent_kill(int pid);

// Copies bytes into or out of the agent, whatever the protection of its pages. Returns 0 or a negative errno.
int fl_agent_write(int pid, uint64_t address, const void *_Nonnull bytes, size_t count);
int fl_agent_read(int pid, uint64_t address, void *_Nonnull bytes, size_t count);

#endif
