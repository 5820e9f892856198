// Writes the ROM of the guest that an emulator runs. See include/emulator_guest.h.
#include "emulator_guest.h"

#include <string.h>

#include "pte.h"

#if defined(__x86_64__) && defined(__ELF__)

extern const uint8_t fl_emulator_rom_start[], fl_emulator_rom_end[], fl_emulator_rom_reset[];
extern const uint8_t fl_emulator_code_start[], fl_emulator_code_end[], fl_emulator_code_handlers[];

#define LINK (FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A)
#define KERNEL_LEAF (FL_PTE_P | FL_PTE_RW | FL_PTE_A | FL_PTE_D)

static uint64_t frame_address(unsigned index) { return FL_EMULATOR_IMAGE + (uint64_t)index * FL_PAGE_SIZE; }

static void set_entry(uint8_t *image, unsigned table, unsigned index, uint64_t entry) {
    memcpy(image + table * FL_PAGE_SIZE + index * sizeof entry, &entry, sizeof entry);
}

static void write_tables(uint8_t *image) {
    set_entry(image, FL_EMULATOR_PDPT, 0, frame_address(FL_EMULATOR_PD) | LINK);
    set_entry(image, FL_EMULATOR_PDPT, 1, frame_address(FL_EMULATOR_ALL) | LINK);
    set_entry(image, FL_EMULATOR_PD, 0, frame_address(FL_EMULATOR_PT) | LINK);
    for (unsigned i = FL_EMULATOR_DESCRIPTORS; i <= FL_EMULATOR_USER_CODE; i++)
        set_entry(image, FL_EMULATOR_PT, i - FL_EMULATOR_DESCRIPTORS,
                  frame_address(i) | KERNEL_LEAF | (i == FL_EMULATOR_USER_CODE ? FL_PTE_US : 0));
    set_entry(image, FL_EMULATOR_PDPT, 2, frame_address(FL_EMULATOR_TOP) | LINK);
    for (unsigned i = 0; i < 512; i++) {
        set_entry(image, FL_EMULATOR_ALL, i, (uint64_t)i << 21 | KERNEL_LEAF | FL_PTE_PS);
        set_entry(image, FL_EMULATOR_TOP, i, 3ull << 30 | (uint64_t)i << 21 | KERNEL_LEAF | FL_PTE_PS);
    }
    set_entry(image, FL_EMULATOR_BOOT_PML4, 0, frame_address(FL_EMULATOR_BOOT_PDPT) | LINK);
    set_entry(image, FL_EMULATOR_BOOT_PML4, 511, fl_emulator_link());
    set_entry(image, FL_EMULATOR_BOOT_PDPT, 0, frame_address(FL_EMULATOR_ALL) | LINK);
}

static void write_descriptors(uint8_t *page) {
    const uint64_t tss = FL_EMULATOR_V_DESCRIPTORS + FL_EMULATOR_TSS;
    const uint64_t gdt[7] = {
        0,
        0x00af9b000000ffffull, // 64-bit code, ring 0
        0x00cf93000000ffffull, // data, ring 0
        0x00cff3000000ffffull, // data, ring 3
        0x00affb000000ffffull, // 64-bit code, ring 3
        0x0000890000000067ull | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56,
        tss >> 32,
    };
    memcpy(page + FL_EMULATOR_GDT, gdt, sizeof gdt);
    const uint64_t stack = FL_EMULATOR_V_STACK + FL_PAGE_SIZE;
    memcpy(page + FL_EMULATOR_TSS + 4, &stack, sizeof stack);    // RSP0
    memcpy(page + FL_EMULATOR_TSS + 0x24, &stack, sizeof stack); // IST1
    const uint16_t limits[2] = {sizeof gdt - 1, FL_EMULATOR_VECTORS * 16 - 1};
    const uint64_t bases[2] = {FL_EMULATOR_V_DESCRIPTORS + FL_EMULATOR_GDT, FL_EMULATOR_V_DESCRIPTORS + FL_EMULATOR_IDT};
    static const unsigned places[2] = {FL_EMULATOR_GDTR, FL_EMULATOR_IDTR};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(page + places[i], &limits[i], 2);
        memcpy(page + places[i] + 2, &bases[i], 8);
    }
    for (unsigned vector = 0; vector < FL_EMULATOR_VECTORS; vector++) {
        const uint64_t handler =
            FL_EMULATOR_V_CODE + (uint64_t)(fl_emulator_code_handlers - fl_emulator_code_start) + vector * 16;
        // An interrupt gate on the stack of IST1; that of INT3 is open to user code.
        const uint16_t gate[8] = {(uint16_t)handler, 8, (uint16_t)(0x8e01u | (vector == 3 ? 3u << 13 : 0)),
                                  (uint16_t)(handler >> 16), (uint16_t)(handler >> 32), (uint16_t)(handler >> 48), 0, 0};
        memcpy(page + FL_EMULATOR_IDT + vector * sizeof gate, gate, sizeof gate);
    }
}

bool fl_emulator_guest_exists(void) { return true; }

static void write_image(uint8_t *image) {
    write_tables(image);
    write_descriptors(image + FL_EMULATOR_DESCRIPTORS * FL_PAGE_SIZE);
    memcpy(image + FL_EMULATOR_CODE * FL_PAGE_SIZE, fl_emulator_code_start,
           (size_t)(fl_emulator_code_end - fl_emulator_code_start));
    // mov (%rdi),%al; mov %al,(%rdi); jmp *%rdi, 16 bytes each, as for the supervisor. INT3 behind each.
    static const uint8_t snippets[3][2] = {{0x8a, 0x07}, {0x88, 0x07}, {0xff, 0xe7}};
    uint8_t *user = image + FL_EMULATOR_USER_CODE * FL_PAGE_SIZE;
    memset(user, FL_EMULATOR_PAYLOAD, FL_PAGE_SIZE);
    for (unsigned i = 0; i < 3; i++) memcpy(user + i * 16, snippets[i], 2);
}

void fl_emulator_write_rom(uint8_t *rom) {
    memset(rom, 0, FL_EMULATOR_ROM_BYTES - FL_EMULATOR_BATCH_BYTES);
    write_image(rom);
    uint8_t *code = rom + (FL_EMULATOR_ROM_BYTES - FL_EMULATOR_BATCH_BYTES) - FL_EMULATOR_ROM_CODE_BYTES;
    memcpy(code, fl_emulator_rom_start, (size_t)(fl_emulator_rom_end - fl_emulator_rom_start));
    memcpy(code + FL_EMULATOR_ROM_CODE_BYTES - 16, fl_emulator_rom_reset, 3);
}

uint64_t fl_emulator_link(void) { return frame_address(FL_EMULATOR_PDPT) | LINK; }

#else

bool fl_emulator_guest_exists(void) { return false; }
void fl_emulator_write_rom(uint8_t *rom) { memset(rom, 0, FL_EMULATOR_ROM_BYTES - FL_EMULATOR_BATCH_BYTES); }
uint64_t fl_emulator_link(void) { return 0; }

#endif
