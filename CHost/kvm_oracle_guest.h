// The guest of the hardware oracle: what lies in its frames of simulated RAM. Private to CShim.
#ifndef FAULTLINE_KVM_ORACLE_GUEST_H
#define FAULTLINE_KVM_ORACLE_GUEST_H

#include <stdint.h>

#include "kvm_oracle.h"

// The oracle's frames, from its first. The last four hold the tree that the features are probed with.
enum {
    FL_GUEST_PDPT,
    FL_GUEST_PD,
    FL_GUEST_PT,
    FL_GUEST_DESCRIPTORS,
    FL_GUEST_HANDLERS,
    FL_GUEST_STACK,
    FL_GUEST_KERNEL_CODE,
    FL_GUEST_USER_CODE,
    FL_GUEST_PROBE_ROOT,
    FL_GUEST_PROBE_PDPT,
    FL_GUEST_PROBE_PD,
    FL_GUEST_PROBE_PT,
};

// Linear addresses of the same, through PML4 slot 511: page i of the page table is frame FL_GUEST_DESCRIPTORS + i.
#define FL_GUEST_BASE 0xffffff8000000000ull
#define FL_GUEST_V_GDT FL_GUEST_BASE
#define FL_GUEST_V_TSS (FL_GUEST_BASE + 0x100)
#define FL_GUEST_V_IDT (FL_GUEST_BASE + 0x400)
#define FL_GUEST_V_HANDLERS (FL_GUEST_BASE + 0x1000)
#define FL_GUEST_V_STACK_TOP (FL_GUEST_BASE + 0x3000)
#define FL_GUEST_V_KERNEL_CODE (FL_GUEST_BASE + 0x3000)
#define FL_GUEST_V_USER_CODE (FL_GUEST_BASE + 0x4000)

#define FL_GUEST_GDT_LIMIT (7u * 8u - 1u)
#define FL_GUEST_VECTORS 32u
#define FL_GUEST_HANDLER_BYTES 16u

// One snippet of code for each access, in the order of fl_oracle_kind, then WRPKRU, then MOV to CR3.
#define FL_GUEST_SNIPPET_BYTES 16u
#define FL_GUEST_SNIPPET_WRPKRU 3u
#define FL_GUEST_SNIPPET_MOV_CR3 4u

enum {
    FL_GUEST_CS_KERNEL = 0x08,
    FL_GUEST_DS_KERNEL = 0x10,
    FL_GUEST_DS_USER = 0x1b,
    FL_GUEST_CS_USER = 0x23,
    FL_GUEST_TR = 0x28,
};

enum { FL_VECTOR_BP = 3, FL_VECTOR_DF = 8, FL_VECTOR_TS = 10, FL_VECTOR_GP = 13, FL_VECTOR_PF = 14, FL_VECTOR_AC = 17 };

// Pages of the probe tree, mapped at the start of every PML4 slot but the guest's own: plain, no-execute, protection key 1; and 1 GiB at 1 GiB.
#define FL_PROBE_PLAIN 0x0000ull
#define FL_PROBE_NX 0x1000ull
#define FL_PROBE_KEY1 0x2000ull
#define FL_PROBE_GIGABYTE (1ull << 30)

// Writes all the guest's frames.
void fl_guest_write(const fl_ram *_Nonnull ram, uint64_t first_pfn);

// Links the guest's mappings into the table tree at `root_pfn`.
void fl_guest_link(const fl_ram *_Nonnull ram, uint64_t first_pfn, uint64_t root_pfn);

#endif
