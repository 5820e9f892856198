// The guest of the hardware oracle has no operating system: a GDT, a TSS, an IDT, a stack and a few instructions.
//
// A tree under test reaches them through PML4 slot 511, with all accessed and dirty bits set beforehand, so that
// nothing but the access under test changes an entry. Every exception handler is one HLT: where the virtual CPU
// stopped tells the vector.
#include "kvm_oracle_guest.h"

#include <string.h>

#include "pte.h"

#define LINK (FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A)
#define KERNEL_LEAF (FL_PTE_P | FL_PTE_RW | FL_PTE_A | FL_PTE_D)
#define USER_LEAF (KERNEL_LEAF | FL_PTE_US)

static uint8_t *frame(const fl_ram *ram, uint64_t first_pfn, unsigned index) {
    return fl_ram_frame(ram, first_pfn + index);
}

static void set_entry(const fl_ram *ram, uint64_t table_pfn, unsigned index, uint64_t target_pfn, uint64_t bits) {
    fl_ram_table(ram, table_pfn)[index] = target_pfn << FL_PAGE_SHIFT | bits;
}

static void write_gate(uint8_t *idt, unsigned vector, unsigned dpl) {
    uint64_t handler = FL_GUEST_V_HANDLERS + vector * FL_GUEST_HANDLER_BYTES;
    uint16_t gate[8] = {
        (uint16_t)handler,         FL_GUEST_CS_KERNEL,        (uint16_t)(0x8e00u | dpl << 13), (uint16_t)(handler >> 16),
        (uint16_t)(handler >> 32), (uint16_t)(handler >> 48), 0,                               0,
    };
    memcpy(idt + vector * sizeof gate, gate, sizeof gate);
}

static void write_descriptors(const fl_ram *ram, uint64_t first_pfn) {
    uint8_t *page = frame(ram, first_pfn, FL_GUEST_DESCRIPTORS);
    const uint64_t tss = FL_GUEST_V_TSS;
    const uint64_t gdt[7] = {
        0,
        0x00af9b000000ffffull, // 64-bit code, ring 0
        0x00cf93000000ffffull, // data, ring 0
        0x00cff3000000ffffull, // data, ring 3
        0x00affb000000ffffull, // 64-bit code, ring 3
        0x0000890000000067ull | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56,
        tss >> 32,
    };
    memcpy(page, gdt, sizeof gdt);
    const uint64_t rsp0 = FL_GUEST_V_STACK_TOP;
    memcpy(page + (FL_GUEST_V_TSS - FL_GUEST_BASE) + 4, &rsp0, sizeof rsp0);
    uint8_t *handlers = frame(ram, first_pfn, FL_GUEST_HANDLERS);
    for (unsigned vector = 0; vector < FL_GUEST_VECTORS; vector++) {
        write_gate(page + (FL_GUEST_V_IDT - FL_GUEST_BASE), vector, vector == FL_VECTOR_BP ? 3 : 0);
        static const uint8_t halt_for_ever[3] = {0xf4, 0xeb, 0xfd};
        memcpy(handlers + vector * FL_GUEST_HANDLER_BYTES, halt_for_ever, sizeof halt_for_ever);
    }
}

// mov (%rdi),%al; mov %al,(%rdi); jmp *%rdi; wrpkru; mov %rdi,%cr3. What follows each is the payload that ends the access.
static void write_code(uint8_t *page, uint8_t payload) {
    static const uint8_t snippets[5][3] = {
        {0x8a, 0x07, 0}, {0x88, 0x07, 0}, {0xff, 0xe7, 0}, {0x0f, 0x01, 0xef}, {0x0f, 0x22, 0xdf}};
    memset(page, payload, FL_PAGE_SIZE);
    for (unsigned i = 0; i < 5; i++) memcpy(page + i * FL_GUEST_SNIPPET_BYTES, snippets[i], i < 3 ? 2 : 3);
}

static void write_probe_tree(const fl_ram *ram, uint64_t first_pfn) {
    const uint64_t code = first_pfn + FL_GUEST_USER_CODE;
    const uint64_t pt = first_pfn + FL_GUEST_PROBE_PT;
    for (unsigned slot = 0; slot < 512; slot++)
        set_entry(ram, first_pfn + FL_GUEST_PROBE_ROOT, slot, first_pfn + FL_GUEST_PROBE_PDPT, LINK);
    set_entry(ram, first_pfn + FL_GUEST_PROBE_PDPT, 0, first_pfn + FL_GUEST_PROBE_PD, LINK);
    set_entry(ram, first_pfn + FL_GUEST_PROBE_PDPT, 1, 0, USER_LEAF | FL_PTE_PS);
    set_entry(ram, first_pfn + FL_GUEST_PROBE_PD, 0, pt, LINK);
    set_entry(ram, pt, FL_PROBE_PLAIN >> FL_PAGE_SHIFT, code, USER_LEAF);
    set_entry(ram, pt, FL_PROBE_NX >> FL_PAGE_SHIFT, code, USER_LEAF | FL_PTE_NX);
    set_entry(ram, pt, FL_PROBE_KEY1 >> FL_PAGE_SHIFT, code, USER_LEAF | 1ull << 59);
    fl_guest_link(ram, first_pfn, first_pfn + FL_GUEST_PROBE_ROOT);
}

void fl_guest_write(const fl_ram *ram, uint64_t first_pfn) {
    for (unsigned i = 0; i < FL_ORACLE_FRAMES; i++) memset(frame(ram, first_pfn, i), 0, FL_PAGE_SIZE);
    set_entry(ram, first_pfn + FL_GUEST_PDPT, 0, first_pfn + FL_GUEST_PD, LINK);
    set_entry(ram, first_pfn + FL_GUEST_PD, 0, first_pfn + FL_GUEST_PT, LINK);
    for (unsigned i = FL_GUEST_DESCRIPTORS; i <= FL_GUEST_USER_CODE; i++)
        set_entry(ram, first_pfn + FL_GUEST_PT, i - FL_GUEST_DESCRIPTORS, first_pfn + i,
                  i == FL_GUEST_USER_CODE ? USER_LEAF : KERNEL_LEAF);
    write_descriptors(ram, first_pfn);
    write_code(frame(ram, first_pfn, FL_GUEST_KERNEL_CODE), FL_ORACLE_SUPERVISOR_PAYLOAD);
    write_code(frame(ram, first_pfn, FL_GUEST_USER_CODE), FL_ORACLE_USER_PAYLOAD);
    write_probe_tree(ram, first_pfn);
}

void fl_guest_link(const fl_ram *ram, uint64_t first_pfn, uint64_t root_pfn) {
    set_entry(ram, root_pfn, FL_ORACLE_PML4_SLOT, first_pfn + FL_GUEST_PDPT, LINK);
}
