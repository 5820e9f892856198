// Windows of this process: simulated memory at host addresses that ordinary code reads and writes.
//
// A touch that the host refuses becomes a page fault of the simulated machine. The handler of SIGSEGV makes it, on the stack of the
// thread that touched, and has the host show the page. It is synchronous: the thread stands at an instruction that touches the window,
// so it is in no allocator and holds no lock of a library but those that its own caller holds. Code that touches a window while it
// holds what the machine needs (the machine itself, above all) is stopped with a report.
#ifndef FAULTLINE_CWINDOW_H
#define FAULTLINE_CWINDOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "call_sites.h"
#include "window.h"

// MARK: Who is in the machine

// One thread at a time; the others wait. Not for use in a child that the process forked: RAM is not there.
typedef struct fl_window_entry {
    pthread_mutex_t mutex;
    fl_call_sites *_Nullable sites;  // where touches are counted by their callers; for who is in the machine
} fl_window_entry;

int fl_window_entry_create(fl_window_entry *_Nonnull entry);
void fl_window_entry_destroy(fl_window_entry *_Nonnull entry);
// Waits for the machine. Ends the process with a report where this thread is in it already, or the process is a forked child.
void fl_window_enter(fl_window_entry *_Nonnull entry);
void fl_window_leave(fl_window_entry *_Nonnull entry);

// MARK: Windows

// What came of a touch: the machine's answer.
typedef enum fl_touch_status {
    FL_TOUCH_SHOWN = 0,      // the instruction goes on
    FL_TOUCH_SIGNAL = 1,     // the access ends in the signal
    FL_TOUCH_ENDED = 2,      // the process, or its address space, is gone
    FL_TOUCH_HOST = 3,       // the host does not show the page; `code` is its errno, or 0 where it has no such right
} fl_touch_status;

typedef struct fl_touch {
    uint64_t address;        // simulated
    uint32_t kind;           // 0 a read, 1 a write, 2 the fetch of an instruction
    uint32_t status;         // fl_touch_status
    int32_t signal;          // number, as Linux delivers it
    int32_t code;            // si_code
    uint64_t signal_address; // si_addr
    uint32_t key;            // si_pkey of SEGV_PKUERR
    uint32_t fault;          // fl_fault_kind, where touches are counted by their callers
} fl_touch;

typedef struct fl_host_window fl_host_window;

struct fl_host_window {
    fl_window window;        // first, so that its operations find the rest
    uint8_t *_Null_unspecified base;  // the host's address of the window's first byte
    fl_window_entry *_Nonnull entry;
    // Makes the access in the machine; fills all but address and kind of the touch. Called by the thread that is in the machine.
    void (*_Nonnull touch)(fl_host_window *_Nonnull window, void *_Nullable context, fl_touch *_Nonnull touch);
    void *_Nullable context;  // of `touch`
    // Told of every touch that came to the machine, after it, by the same thread, which is in the machine still; `host` is the
    // handler's ucontext_t. NULL for none.
    void (*_Nullable observe)(void *_Nullable observer, fl_host_window *_Nonnull window, const fl_touch *_Nonnull touch,
                              const void *_Nonnull host);
    void *_Nullable observer;
    uint64_t touches;        // that came to the machine
    // For tests: `skipped` operations of the window succeed, and the `failures` after that end in the errno `failure`.
    uint64_t skipped, failures;
    int failure;
};

// Clears a record, and gives it its operations.
void fl_host_window_prepare(fl_host_window *_Nonnull window, fl_window_entry *_Nonnull entry);

// Reserves the host's addresses, at `window.start` where they are free and `same_addresses` asks for it, anywhere otherwise, and takes
// the window's touches from then on. The record stays where it is until it is closed. 0, or the host's errno: ENOMEM, EAGAIN
// for too many windows (64), ENOTSUP where the host's signals do not say what an access was.
int fl_host_window_open(fl_host_window *_Nonnull window, bool same_addresses);
// Takes no touches any more and gives the addresses back. Waits for touches of other threads: the caller is not in the machine.
void fl_host_window_stop(fl_host_window *_Nonnull window);
void fl_host_window_release(fl_host_window *_Nonnull window);

// Whether the host has memory that may be executed and not read (protection keys).
bool fl_host_has_execute_only(void);

// The host's limit of mappings (vm.max_map_count), or its default where that cannot be read.
uint64_t fl_host_mapping_limit(void);

// MARK: Code that may be stopped

// Calls `body`. False where a touch of it was refused: it was left at that instruction then, by a jump that unwinds nothing, and
// `refused` says why. Calls may be nested; the innermost is left.
bool fl_window_run(void (*_Nonnull body)(void *_Nullable argument), void *_Nullable argument, fl_touch *_Nonnull refused);

// The same for a closure of Swift, `(UnsafeMutableRawPointer) throws -> Result` with any type of result. It is called from here, so that no
// function of Swift is left that would hold a reference to it.
typedef struct fl_swift_call {
    void *_Nonnull code;
    void *_Nullable context;  // the two words of the closure
    void *_Nonnull base;      // its argument
    void *_Nonnull result;    // room for the result, which is there unless `error` is
    void *_Nullable error;    // what it threw
} fl_swift_call;
bool fl_window_run_swift(fl_swift_call *_Nonnull call, fl_touch *_Nonnull refused);

// MARK: Inside

// The window that a host address lies in, or NULL; it stays open until fl_host_window_release_use.
fl_host_window *_Nullable fl_host_window_use(const void *_Nullable address, unsigned *_Nonnull slot);
void fl_host_window_release_use(unsigned slot);
// Whether this process was forked since the first window was opened.
bool fl_host_is_child(void);
// Leaves the innermost fl_window_run of this thread; returns where there is none.
void fl_window_jump(const fl_touch *_Nonnull refused, const void *_Nonnull host);
// Installs the handler of SIGSEGV, once.
int fl_window_install(void);
// Writes a report to standard error and aborts.
_Noreturn void fl_window_die(const char *_Nonnull why, uint64_t address);

#endif
