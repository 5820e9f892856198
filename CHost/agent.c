// The agent's code and its ELF image. The agent has no libc, no data and no decisions of its own: its code is a few
// short sequences, each of which ends in INT3. The tracer sets the registers, lets one of them run and waits for the
// trap, so that nothing but the statement itself touches memory between two stops. Elsewhere than on x86-64,
// agent_absent.c stands in.
#define _GNU_SOURCE
#include "agent.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent_code.h"

#ifdef __x86_64__

// Position independent, without references: it is copied into the image, never run in this process.
// READS and WRITES: RDI first address, RSI end, R8 accesses made; each later access is at the next page's start.
__asm__(
    ".pushsection .rodata.fl_agent,\"a\",@progbits\n"
    ".globl fl_agent_code_start, fl_agent_code_end\n"
    ".globl fl_agent_code_syscall, fl_agent_code_load, fl_agent_code_store\n"
    ".globl fl_agent_code_reads, fl_agent_code_writes, fl_agent_code_warm\n"
    ".globl fl_agent_code_wrpkru, fl_agent_code_rdpkru\n"
    "fl_agent_code_start:\n"
    "  int3\n"
    "fl_agent_code_syscall:\n"
    "  syscall\n"
    "  int3\n"
    "fl_agent_code_load:\n"
    "  movzbl (%rdi), %eax\n"
    "  inc %r8\n"
    "  int3\n"
    "fl_agent_code_store:\n"
    "  movb %dl, (%rdi)\n"
    "  inc %r8\n"
    "  int3\n"
    "fl_agent_code_reads:\n"
    "1: cmp %rsi, %rdi\n"
    "  jae 2f\n"
    "  movzbl (%rdi), %eax\n"
    "  inc %r8\n"
    "  and $-4096, %rdi\n"
    "  add $4096, %rdi\n"
    "  jnc 1b\n"
    "2: int3\n"
    "fl_agent_code_writes:\n"
    "3: cmp %rsi, %rdi\n"
    "  jae 4f\n"
    "  movb %dl, (%rdi)\n"
    "  inc %r8\n"
    "  and $-4096, %rdi\n"
    "  add $4096, %rdi\n"
    "  jnc 3b\n"
    "4: int3\n"
    "fl_agent_code_warm:\n"
    "5: cmp %rsi, %rdi\n"
    "  jae 6f\n"
    "  lock orb $0, (%rdi)\n"
    "  add $4096, %rdi\n"
    "  jmp 5b\n"
    "6: int3\n"
    "fl_agent_code_wrpkru:\n"
    "  .byte 0x0f, 0x01, 0xef\n"
    "  int3\n"
    "fl_agent_code_rdpkru:\n"
    "  .byte 0x0f, 0x01, 0xee\n"
    "  int3\n"
    "fl_agent_code_end:\n"
    ".popsection\n");

static void load_segment(Elf64_Phdr *header, uint32_t flags, uint64_t offset, uint64_t address, uint64_t file_bytes,
                         uint64_t memory_bytes) {
    header->p_type = PT_LOAD;
    header->p_flags = flags;
    header->p_offset = offset;
    header->p_vaddr = header->p_paddr = address;
    header->p_filesz = file_bytes;
    header->p_memsz = memory_bytes;
    header->p_align = 4096;
}

// The image is two pages: the headers, then the code. The kernel maps it as the three areas that agent.h names.
static void build_image(uint8_t *image) {
    Elf64_Ehdr *elf = (Elf64_Ehdr *)(void *)image;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(image + sizeof *elf);
    memcpy(elf->e_ident, ELFMAG, SELFMAG);
    elf->e_ident[EI_CLASS] = ELFCLASS64;
    elf->e_ident[EI_DATA] = ELFDATA2LSB;
    elf->e_ident[EI_VERSION] = EV_CURRENT;
    elf->e_type = ET_EXEC;
    elf->e_machine = EM_X86_64;
    elf->e_version = EV_CURRENT;
    elf->e_entry = FL_AGENT_TEXT;
    elf->e_phoff = sizeof *elf;
    elf->e_ehsize = sizeof *elf;
    elf->e_phentsize = sizeof *segments;
    elf->e_phnum = 4;
    load_segment(&segments[0], PF_R, 0, FL_AGENT_HEADER, 4096, 4096);
    load_segment(&segments[1], PF_R | PF_X, 4096, FL_AGENT_TEXT, 4096, 4096);
    load_segment(&segments[2], PF_R | PF_W, 0, FL_AGENT_BSS, 0, FL_AGENT_BSS_BYTES);
    segments[3].p_type = PT_GNU_STACK;
    segments[3].p_flags = PF_R | PF_W;
    segments[3].p_align = 16;
    memcpy(image + 4096, fl_agent_code_start, (size_t)(fl_agent_code_end - fl_agent_code_start));
}

bool fl_agent_has_protection_keys(void) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c >> 4 & 1;
}

int fl_agent_image(void) {
    uint8_t image[8192] __attribute__((aligned(16))) = {0};
    build_image(image);
    int fd = memfd_create("agent", MFD_CLOEXEC);
    if (fd < 0) return -errno;
    if (pwrite(fd, image, sizeof image, 0) != (ssize_t)sizeof image) {
        int error = errno ? errno : EIO;
        close(fd);
        return -error;
    }
    return fd;
}

#endif
