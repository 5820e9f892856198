#!/usr/bin/env bash
# QEMU's TCG leaves P out of the error code of a page fault that is due to a reserved bit.
#
# Package:   Debian 12, qemu-system-x86 1:7.2+dfsg-7+deb12u18+b3 (QEMU 7.2.22)
# Input:     a ROM of 64 KiB that turns on PAE paging with one entry whose bit 51 is reserved (MAXPHYADDR is 40), and reads there
# Expected:  error code 0x09: RSVD and P. Intel SDM vol. 3A, 4.7: "bit 3 of the error code can be set only if bit 0 is also set",
#            since reserved bits are not looked at in an entry that is not present; AMD APM vol. 2, 8.4.2, says the same
# Seen:      error code 0x08: RSVD without P
#
# Installs nothing: the packages are unpacked in a temporary folder. Needs apt-get, dpkg-deb, as and objcopy. Exits with 0 while QEMU
# does what is said here, and with 1 when that changes.
set -eu
version=1:7.2+dfsg-7+deb12u18+b3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root

apt-get -qq -y --no-install-recommends --reinstall -d -o Dir::Cache::archives="$folder/archives" \
    -o APT::Sandbox::User=root install {qemu-system-x86,qemu-system-common}="$version" >apt.log 2>&1 ||
    { echo "cannot download qemu-system-x86 $version:" >&2; tail -3 apt.log >&2; exit 2; }
for package in archives/*.deb; do dpkg-deb -x "$package" root; done

cat >rom.s <<'ROM'
    .code16
start:
    cli
    lgdtl %cs:(gdtr - start)
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $8, $(0xf0000 + protected - start)
    .code32
protected:
    mov $0x10, %ax
    mov %ax, %ds
    mov %ax, %ss
    mov $0x8000, %esp
    movl $0x2001, 0x1000            # PDPT at 0x1000: one page directory, at 0x2000
    movl $0, 0x1004
    movl $0x83, 0x2000              # the first 2 MiB, where they are
    movl $0, 0x2004
    movl $0x200083, 0x2008          # the second 2 MiB, with reserved bit 51
    movl $0x80000, 0x200c
    movw $(fault - start), 0x3070   # the gate of #PF, vector 14, in the IDT at 0x3000
    movw $8, 0x3072
    movw $0x8e00, 0x3074
    movw $0xf, 0x3076
    lidt %cs:(0xf0000 + idtr - start)
    mov $0x20, %eax                 # CR4.PAE
    mov %eax, %cr4
    mov $0x1000, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    mov 0x200000, %al
    mov $0xff, %al                  # no fault at all
    jmp tell
fault:
    pop %eax
tell:
    out %al, $0xe9
    mov $0, %al
    out %al, $0xf4                  # ends QEMU
1:  hlt
    jmp 1b
    .balign 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr:
    .word 23
    .long 0xf0000 + gdt - start
idtr:
    .word 0x7f
    .long 0x3000
    .org 0xfff0
    .code16
    .byte 0xe9
    .word 0x10000 - 0xfff3
    .org 0x10000
ROM
as --32 rom.s -o rom.o
objcopy -O binary -j .text rom.o rom.bin

qemu=root/usr/bin/qemu-system-x86_64
export LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu QEMU_MODULE_DIR=$PWD/root/usr/lib/x86_64-linux-gnu/qemu
"$qemu" --version | head -n 1
timeout -s KILL 60 "$qemu" -L root/usr/share/qemu -accel tcg -cpu max -m 16 -nodefaults -display none \
    -no-reboot -bios rom.bin -debugcon file:out -device isa-debug-exit,iobase=0xf4,iosize=1 </dev/null 2>qemu.log || true
code=$(od -An -tx1 out | tr -d ' \n')
echo "error code of the page fault: 0x$code (the manuals: 0x09)"
[ "$code" = 08 ] || { echo 'this is not what was seen before: 0x08' >&2; exit 1; }
