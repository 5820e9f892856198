// The hardware oracle: one virtual CPU, through /dev/kvm, whose CR3 points into simulated RAM.
//
// It makes one access at a time (read, write or fetch; user or supervisor) and tells what the processor did with it.
// The walker in walk.h must agree: outcome, error code, CR2 and the accessed and dirty bits left behind in RAM.
#ifndef FAULTLINE_KVM_ORACLE_H
#define FAULTLINE_KVM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

// Frames that the oracle needs in simulated RAM for its own tables, descriptors, stack and code.
#define FL_ORACLE_FRAMES 12u

// The PML4 slot that the oracle takes in every table tree it runs on; no access may be made through it.
#define FL_ORACLE_PML4_SLOT 511u

// Bytes that must lie at the target of a fetch, so that the instruction fetched ends the access: HLT and INT3.
#define FL_ORACLE_SUPERVISOR_PAYLOAD 0xf4u
#define FL_ORACLE_USER_PAYLOAD 0xccu

typedef enum fl_oracle_status {
    FL_ORACLE_OK = 0,
    FL_ORACLE_NO_KVM = 1,    // this host is no x86-64 Linux, or /dev/kvm is missing or may not be opened
    FL_ORACLE_REFUSED = 2,   // KVM refused a request; see fl_oracle_error
    FL_ORACLE_BAD_FRAME = 3, // the oracle's frames, or a root, do not lie in the simulated RAM
    FL_ORACLE_BAD_ACCESS = 4, // the access goes through the oracle's own PML4 slot
} fl_oracle_status;

// How protection keys deviate on virtual hardware that enforces them in some accesses only. With any of them, accesses
// with CR4.PKE prove nothing.
typedef enum fl_oracle_key_deviation {
    FL_ORACLE_KEYS_NOT_CHECKED_AGAIN = 1, // a page accessed with CR4.PKE clear stays accessible when a key denies it
    FL_ORACLE_KEYS_WITHOUT_PKE = 2,       // a key that denies goes on denying after CR4.PKE is cleared
    FL_ORACLE_KEYS_OF_FETCHES = 4,        // keys are checked at instruction fetches, which the manuals exempt
    FL_ORACLE_KEYS_OF_CODE = 8,           // a non-canonical user access is #PF at its own code while key 0 is denied
} fl_oracle_key_deviation;

// What the virtual hardware has. `cpuid_*` is what CPUID announces to a guest; `enforces_*` is what an access showed.
typedef struct fl_oracle_features {
    char vendor[13];
    uint8_t physical_bits; // MAXPHYADDR
    uint8_t linear_bits;
    bool cpuid_nx, cpuid_gbpages, cpuid_smep, cpuid_smap, cpuid_pku, cpuid_la57, cpuid_pcid, cpuid_invpcid;
    bool enforces_nx, enforces_gbpages, enforces_smep, enforces_smap, enforces_pku;
    // A deviation: once EFER.NXE is cleared, bit 63 is reserved, but pages accessed before are translated on, even after
    // a MOV to CR3. Where it is found, the oracle forgets all translations whenever NXE changes.
    bool keeps_nx_pages;
    uint32_t key_deviations; // fl_oracle_key_deviation bits
} fl_oracle_features;

// The control bits that take part in a translation, in the manuals' names.
typedef struct fl_oracle_controls {
    bool wp;   // CR0.WP
    bool smep; // CR4.SMEP
    bool smap; // CR4.SMAP
    bool pke;  // CR4.PKE
    bool nxe;  // EFER.NXE
    bool ac;   // EFLAGS.AC
    uint32_t pkru;
} fl_oracle_controls;

typedef enum fl_oracle_kind { FL_ORACLE_READ = 0, FL_ORACLE_WRITE = 1, FL_ORACLE_EXECUTE = 2 } fl_oracle_kind;

typedef struct fl_oracle_access {
    uint64_t address;
    uint32_t root_pfn; // the PML4's frame; prepared with fl_oracle_link
    fl_oracle_kind kind;
    bool user;
    uint8_t store; // the byte that a write stores
} fl_oracle_access;

typedef enum fl_oracle_end {
    FL_ORACLE_DONE = 0,      // the access was made
    FL_ORACLE_EXCEPTION = 1, // `vector`, `error_code`, and for vector 14 `cr2`
    FL_ORACLE_MMIO = 2,      // translated, to a physical address outside the simulated RAM (`physical`)
    FL_ORACLE_LOST = 3,      // the virtual CPU could not go on; `exit_reason` and `detail` are KVM's
} fl_oracle_end;

typedef struct fl_oracle_outcome {
    fl_oracle_end end;
    uint8_t vector;
    uint8_t loaded; // the byte that a read loaded
    uint32_t error_code;
    uint32_t exit_reason;
    uint64_t cr2;
    uint64_t physical;
    uint64_t detail;
} fl_oracle_outcome;

typedef struct fl_oracle fl_oracle;

// Whether /dev/kvm is there and can be opened.
bool fl_oracle_available(void);

// Makes the virtual machine over `ram`, which must outlive it. Takes frames first_pfn ..< first_pfn + FL_ORACLE_FRAMES.
// Whatever the status, *oracle is set or NULL, and is to be destroyed; only with FL_ORACLE_OK may it be run.
fl_oracle_status fl_oracle_create(fl_oracle *_Nullable *_Nonnull oracle, const fl_ram *_Nonnull ram,
                                  uint64_t first_pfn);
void fl_oracle_destroy(fl_oracle *_Nullable oracle);

// The features found when the oracle was made.
fl_oracle_features fl_oracle_get_features(const fl_oracle *_Nonnull oracle);

// Whether accesses through PML4 slot `slot` end as the tables say. False for the oracle's own slot, for a slot over 511,
// and for what this virtual hardware keeps to itself: some hypervisors take a part of the guest's address space.
bool fl_oracle_is_usable_slot(const fl_oracle *_Nonnull oracle, uint32_t slot);

// What was refused last, in words ("KVM_SET_SREGS: Invalid argument"); empty if nothing was.
const char *_Nonnull fl_oracle_error(const fl_oracle *_Nonnull oracle);

// Links the oracle's own mappings into the tree at `root_pfn`. Every root needs it once, before its first access.
fl_oracle_status fl_oracle_link(fl_oracle *_Nonnull oracle, uint64_t root_pfn);

// Forgets all that the virtual hardware cached of the tables. To be called after the host changed an entry: a TLB
// flush is not enough, since KVM's shadow page tables see only the guest's own writes.
fl_oracle_status fl_oracle_forget(fl_oracle *_Nonnull oracle);

// The controls for the accesses that follow. The next access is preceded by a MOV to CR3, since not every change of a
// control bit flushes the TLB (Intel SDM vol. 3A, 4.10.4.1).
void fl_oracle_set_controls(fl_oracle *_Nonnull oracle, const fl_oracle_controls *_Nonnull controls);

// Makes one access.
fl_oracle_status fl_oracle_run(fl_oracle *_Nonnull oracle, const fl_oracle_access *_Nonnull access,
                               fl_oracle_outcome *_Nonnull outcome);

#endif
