// Functions without unwind information: no .cfi directive stands here on purpose.
#ifdef __x86_64__
    .text
    .globl ccc_bare
    .type ccc_bare, @function
ccc_bare:
    subq $24, %rsp
    movb $1, (%rdi)
    movsbl (%rdi), %eax
    addq $24, %rsp
    ret
    .size ccc_bare, . - ccc_bare

    .globl ccc_bare_frame
    .type ccc_bare_frame, @function
ccc_bare_frame:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rbx
    movq $7, %rbx
    movb $1, (%rdi)
    movsbl (%rdi), %eax
    popq %rbx
    popq %rbp
    ret
    .size ccc_bare_frame, . - ccc_bare_frame
#endif
#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
