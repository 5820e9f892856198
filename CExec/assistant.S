// The assistant: code that is copied into a program's memory and knows nothing but its mailbox, in R15. It makes the system calls
// that stand there, one after the other until one fails, and waits for the next. It has no stack.
//
// Mailbox: 0 request, 4 done, 8 count, 12 the assistant sleeps, 16 the other side sleeps, 64 operations of 64 bytes each: number, six
// arguments, result.
#if defined(__x86_64__) && defined(__linux__)
    .section .rodata
    .balign 64
    .globl fl_assistant_code
    .globl fl_assistant_entry
    .globl fl_assistant_code_end
    .hidden fl_assistant_code
    .hidden fl_assistant_entry
    .hidden fl_assistant_code_end
fl_assistant_code:
    syscall                    // for calls that a stopped thread is made to make
    int3
    .balign 16
fl_assistant_entry:
    movl 4(%r15), %ebx
.Lwait:
    movl $400, %ecx
.Lspin:
    cmpl %ebx, (%r15)
    jne .Lwork
    pause
    decl %ecx
    jnz .Lspin
    movl $1, %eax
    xchgl %eax, 12(%r15)
    movl $202, %eax            // futex(FUTEX_WAIT) while the request is the old one
    movq %r15, %rdi
    xorl %esi, %esi
    movl %ebx, %edx
    xorl %r10d, %r10d
    syscall
    movl $0, 12(%r15)
    jmp .Lwait
.Lwork:
    movl (%r15), %ebx
    movl 8(%r15), %r12d
    leaq 64(%r15), %r13
    cmpl $60, %r12d
    ja .Ldone
.Lnext:
    testl %r12d, %r12d
    jz .Ldone
    movq (%r13), %rax
    movq 8(%r13), %rdi
    movq 16(%r13), %rsi
    movq 24(%r13), %rdx
    movq 32(%r13), %r10
    movq 40(%r13), %r8
    movq 48(%r13), %r9
    syscall
    movq %rax, 56(%r13)
    cmpq $-4095, %rax
    jae .Ldone
    addq $64, %r13
    decl %r12d
    jmp .Lnext
.Ldone:
    movl %ebx, %eax
    xchgl %eax, 4(%r15)
    cmpl $0, 16(%r15)
    je .Lwait
    movl $202, %eax            // futex(FUTEX_WAKE)
    leaq 4(%r15), %rdi
    movl $1, %esi
    movl $1, %edx
    syscall
    jmp .Lwait
fl_assistant_code_end:
    nop
    .section .note.GNU-stack, "", @progbits
#endif
