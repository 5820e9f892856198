// The guest that an emulator boots to be the oracle of the walker: where its parts lie, and what it is given and gives.
//
// The emulator's ROM has everything: it enters long mode and jumps to code that makes the accesses of a batch, one after the
// other, and writes a result of each to port 0xe9. It needs no firmware and no disk, so that QEMU and Bochs run the same bytes.
#ifndef FAULTLINE_EMULATOR_GUEST_H
#define FAULTLINE_EMULATOR_GUEST_H

// Physical addresses. The tables of a scene lie where simulated RAM has them.
#define FL_EMULATOR_TABLES 0x10000
#define FL_EMULATOR_TABLE_BYTES 0x20000
#define FL_EMULATOR_IMAGE 0x40000
#define FL_EMULATOR_IMAGE_FRAMES 11
#define FL_EMULATOR_ROM 0xf0000

// The ROM ends at 4 GiB: the batch, then the image, which its code copies to RAM, then the code, in 64 KiB each.
#define FL_EMULATOR_ROM_BYTES 0x200000
#define FL_EMULATOR_BATCH 0xffe00000
#define FL_EMULATOR_BATCH_BYTES 0x1e0000
#define FL_EMULATOR_ROM_IMAGE 0xfffe0000
#define FL_EMULATOR_ROM_CODE_BYTES 0x10000

// Frames of the image, which every tree maps through PML4 slot 511.
#define FL_EMULATOR_PDPT 0
#define FL_EMULATOR_PD 1
#define FL_EMULATOR_PT 2
#define FL_EMULATOR_DESCRIPTORS 3
// Frame 4 is the stack.
#define FL_EMULATOR_CODE 5
#define FL_EMULATOR_USER_CODE 6
#define FL_EMULATOR_ALL 7       // a page directory that maps the first GiB, supervisor only
#define FL_EMULATOR_BOOT_PML4 8 // the tree that the ROM enters long mode with ...
#define FL_EMULATOR_BOOT_PDPT 9 // ... in which the first GiB is also where it is physically
#define FL_EMULATOR_TOP 10      // a page directory that maps the last GiB below 4 GiB, where the ROM is

// Linear addresses of the same.
#define FL_EMULATOR_V_DESCRIPTORS 0xffffff8000000000
#define FL_EMULATOR_V_STACK 0xffffff8000001000
#define FL_EMULATOR_V_CODE 0xffffff8000002000
#define FL_EMULATOR_V_USER_CODE 0xffffff8000003000
#define FL_EMULATOR_V_ALL 0xffffff8040000000
#define FL_EMULATOR_V_BATCH 0xffffff80bfe00000 // 2 GiB after the base lies the last GiB below 4 GiB

// In the descriptors' frame.
#define FL_EMULATOR_GDT 0
#define FL_EMULATOR_TSS 0x100
#define FL_EMULATOR_GDTR 0x200
#define FL_EMULATOR_IDTR 0x210
#define FL_EMULATOR_IDT 0x400
#define FL_EMULATOR_VECTORS 32

// An access of a batch. `path` are the physical addresses of the entries that it may use; those left over name a place that
// is 0. The linear address stands first. Before the access `prepared` is stored at `target`, and after it the byte there is read.
#define FL_EMULATOR_ACCESS_BYTES 64
#define FL_EMULATOR_ACCESS_TARGET 8
#define FL_EMULATOR_ACCESS_PATH 16
#define FL_EMULATOR_ACCESS_CR0 32
#define FL_EMULATOR_ACCESS_CR4 36
#define FL_EMULATOR_ACCESS_EFER 40
#define FL_EMULATOR_ACCESS_PKRU 44
#define FL_EMULATOR_ACCESS_FLAGS 48
#define FL_EMULATOR_ACCESS_KIND 52
#define FL_EMULATOR_ACCESS_USER 53
#define FL_EMULATOR_ACCESS_PREPARED 54
#define FL_EMULATOR_ACCESS_STORE 55
#define FL_EMULATOR_ACCESS_HAS_KEYS 56

// What the guest writes begins with these bytes: an emulator may write a banner of its own before them.
#define FL_EMULATOR_SIGNATURE "faultline: ready"
#define FL_EMULATOR_SIGNATURE_BYTES 16

// A batch: 64 bytes that begin with the number of scenes; each scene has its tables, 64 bytes that begin with the number of
// its accesses, and these. The guest writes CPUID's features, 16 bytes; for each access 16 bytes: vector, error code, the
// byte loaded, the byte at `target`, A and D of `path`, and from 8 on CR2; for each scene 8 bytes: a sum of all tables.
#define FL_EMULATOR_RESULT_BYTES 16
#define FL_EMULATOR_SUM_BYTES 8
#define FL_EMULATOR_PORT 0xe9

// The vector of an access that was made: the instruction behind it, and the one that a fetch finds, is INT3.
#define FL_EMULATOR_MADE 3
#define FL_EMULATOR_PAYLOAD 0xcc

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

// Whether this host has the guest's code: it is assembled on x86-64 only.
bool fl_emulator_guest_exists(void);

// Writes the part of the ROM behind the batch: FL_EMULATOR_ROM_BYTES - FL_EMULATOR_BATCH_BYTES.
void fl_emulator_write_rom(uint8_t *_Nonnull rom);

// The entry of a tree's PML4 slot 511.
uint64_t fl_emulator_link(void);
#endif
#endif
