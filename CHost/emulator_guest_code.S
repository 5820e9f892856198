// The code that an emulator runs as the oracle of the walker. See include/emulator_guest.h.
#include "emulator_guest.h"

#if defined(__x86_64__) && defined(__ELF__)

#define CR4_PKE (1 << 22)
#define MSR_EFER 0xc0000080
#define CR2_POISON 0x0000dead0000dead
#define STACK_TOP (FL_EMULATOR_V_STACK + 4096)

    .section .rodata
    .balign 16

// From the reset vector to long mode. Runs at FL_EMULATOR_ROM.
    .globl fl_emulator_rom_start, fl_emulator_rom_end, fl_emulator_rom_reset
    .hidden fl_emulator_rom_start, fl_emulator_rom_end, fl_emulator_rom_reset
    .code16
fl_emulator_rom_start:
    cli
    lgdtl %cs:(rom_gdtr - fl_emulator_rom_start)
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $8, $(FL_EMULATOR_ROM + rom_32 - fl_emulator_rom_start)
    .code32
rom_32:
    mov $0x10, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    cld
    mov $FL_EMULATOR_ROM_IMAGE, %esi
    mov $FL_EMULATOR_IMAGE, %edi
    mov $(FL_EMULATOR_IMAGE_FRAMES * 1024), %ecx
    rep movsl
    mov $0x20, %eax                 // CR4.PAE
    mov %eax, %cr4
    mov $(FL_EMULATOR_IMAGE + FL_EMULATOR_BOOT_PML4 * 4096), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    mov $0x100, %eax                // EFER.LME
    xor %edx, %edx
    wrmsr
    mov $0x80000031, %eax           // CR0.PG, NE, ET, PE
    mov %eax, %cr0
    ljmp $0x18, $(FL_EMULATOR_ROM + rom_64 - fl_emulator_rom_start)
    .code64
rom_64:
    movabs $FL_EMULATOR_V_CODE, %rax
    jmp *%rax
    .balign 8
rom_gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff
rom_gdtr:
    .word 31
    .long FL_EMULATOR_ROM + rom_gdt - fl_emulator_rom_start
fl_emulator_rom_end:
    .code16
// Goes to the last 16 bytes of the ROM: a near jump to its start, from 0xfff0 with 3 bytes.
fl_emulator_rom_reset:
    .byte 0xe9
    .word 0x10000 - 0xfff3

// The batch loop. Runs at FL_EMULATOR_V_CODE under the tree of the scene. r12 is the next access (or scene), r13 the scenes left,
// r14 the accesses left, r15 where the first GiB is mapped.
    .balign 16
    .globl fl_emulator_code_start, fl_emulator_code_end, fl_emulator_code_handlers
    .hidden fl_emulator_code_start, fl_emulator_code_end, fl_emulator_code_handlers
    .code64
fl_emulator_code_start:
    movabs $FL_EMULATOR_V_DESCRIPTORS, %rax
    lgdt FL_EMULATOR_GDTR(%rax)
    lidt FL_EMULATOR_IDTR(%rax)
    mov $0x10, %ecx
    mov %ecx, %ss
    mov %ecx, %ds
    mov %ecx, %es
    mov $0x28, %ecx
    ltr %cx
    movabs $STACK_TOP, %rsp
    movabs $FL_EMULATOR_V_ALL, %r15
    call tell_features
    movabs $FL_EMULATOR_V_BATCH, %r12
    mov (%r12), %r13
    add $64, %r12
next_scene:
    test %r13, %r13
    jz finished
    mov %r12, %rsi
    lea FL_EMULATOR_TABLES(%r15), %rdi
    mov $(FL_EMULATOR_TABLE_BYTES / 8), %ecx
    rep movsq
    mov (%rsi), %r14
    lea 64(%rsi), %r12
next_access:
    test %r14, %r14
    jz scene_done
    mov FL_EMULATOR_ACCESS_TARGET(%r12), %rdx
    mov FL_EMULATOR_ACCESS_PREPARED(%r12), %al
    mov %al, (%r15, %rdx)
    call set_controls
    mov (%r12), %rdi
    movzbl FL_EMULATOR_ACCESS_KIND(%r12), %ecx
    shl $4, %ecx
    mov FL_EMULATOR_ACCESS_FLAGS(%r12), %edx
    cmpb $0, FL_EMULATOR_ACCESS_USER(%r12)
    jne as_user
    push %rdx
    lea snippets(%rip), %rdx
    add %rcx, %rdx
    movzbl FL_EMULATOR_ACCESS_STORE(%r12), %eax
    popfq
    jmp *%rdx
as_user:
    pushq $0x1b                     // SS
    pushq $0                        // RSP
    push %rdx
    pushq $0x23                     // CS
    movabs $FL_EMULATOR_V_USER_CODE, %rdx
    add %rcx, %rdx
    push %rdx
    movzbl FL_EMULATOR_ACCESS_STORE(%r12), %eax
    iretq

// One for each kind of access, 16 bytes each; the frame of user code has the same.
    .balign 16
snippets:
    mov (%rdi), %al
    int3
    .balign 16, 0xcc
    mov %al, (%rdi)
    int3
    .balign 16, 0xcc
    jmp *%rdi
    .balign 16, 0xcc

// An access has ended. The stack has the vector and the error code.
ended:
    movabs $FL_EMULATOR_V_STACK, %rdi
    mov %al, 2(%rdi)
    mov (%rsp), %rax
    mov %al, (%rdi)
    mov 8(%rsp), %rax
    mov %al, 1(%rdi)
    movabs $STACK_TOP, %rsp
    mov FL_EMULATOR_ACCESS_TARGET(%r12), %rdx
    mov (%r15, %rdx), %al
    mov %al, 3(%rdi)
    xor %ecx, %ecx
    mov $4, %esi
1:  mov FL_EMULATOR_ACCESS_PATH - 4(%r12, %rsi, 4), %edx
    mov (%r15, %rdx), %rax
    shr $5, %eax
    and $3, %eax
    shl $2, %ecx
    or %eax, %ecx
    dec %esi
    jnz 1b
    mov %ecx, 4(%rdi)
    mov %cr2, %rax
    mov %rax, 8(%rdi)
    mov $FL_EMULATOR_RESULT_BYTES, %ecx
    call tell
    add $FL_EMULATOR_ACCESS_BYTES, %r12
    dec %r14
    jmp next_access

scene_done:
    lea FL_EMULATOR_TABLES(%r15), %rsi
    mov $(FL_EMULATOR_TABLE_BYTES / 8), %ecx
    xor %eax, %eax
1:  rol $5, %rax
    xor (%rsi), %rax
    add $8, %rsi
    dec %ecx
    jnz 1b
    movabs $FL_EMULATOR_V_STACK, %rdi
    mov %rax, (%rdi)
    mov $FL_EMULATOR_SUM_BYTES, %ecx
    call tell
    dec %r13
    jmp next_scene

finished:
    hlt
    jmp finished

// CR0, CR4, EFER, PKRU as the access wants them, then MOV to CR3, which drops all translations: nothing here is global.
set_controls:
    mov $MSR_EFER, %ecx
    mov FL_EMULATOR_ACCESS_EFER(%r12), %eax
    xor %edx, %edx
    wrmsr
    mov FL_EMULATOR_ACCESS_CR0(%r12), %eax
    mov %rax, %cr0
    mov FL_EMULATOR_ACCESS_CR4(%r12), %esi
    cmpb $0, FL_EMULATOR_ACCESS_HAS_KEYS(%r12)
    je 1f
    mov %esi, %eax
    or $CR4_PKE, %eax
    mov %rax, %cr4
    xor %ecx, %ecx
    mov FL_EMULATOR_ACCESS_PKRU(%r12), %eax
    wrpkru
1:  mov %rsi, %cr4
    movabs $CR2_POISON, %rax
    mov %rax, %cr2
    mov $FL_EMULATOR_TABLES, %eax
    mov %rax, %cr3
    ret

// Writes rcx bytes from rdi on.
tell:
    mov %rdi, %rsi
    mov $FL_EMULATOR_PORT, %edx
1:  lodsb
    out %al, %dx
    dec %ecx
    jnz 1b
    ret

signature:
    .ascii FL_EMULATOR_SIGNATURE
tell_features:
    lea signature(%rip), %rdi
    mov $FL_EMULATOR_SIGNATURE_BYTES, %ecx
    call tell
    movabs $FL_EMULATOR_V_STACK, %rdi
    mov $7, %eax
    xor %ecx, %ecx
    cpuid
    mov %ebx, (%rdi)
    mov %ecx, 4(%rdi)
    mov $0x80000001, %eax
    cpuid
    mov %edx, 8(%rdi)
    mov $0x80000008, %eax
    cpuid
    mov %eax, 12(%rdi)
    mov $16, %ecx
    jmp tell

// One for each vector, 16 bytes each. Those of vectors that push no error code push 0.
    .balign 16
fl_emulator_code_handlers:
    .set vector, 0
    .rept FL_EMULATOR_VECTORS
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
    pushq $0
    .endif
    pushq $vector
    jmp ended
    .balign 16
    .set vector, vector + 1
    .endr
fl_emulator_code_end:

    .section .note.GNU-stack, "", @progbits
#endif
