#!/usr/bin/env bash
# Bochs applies protection keys without asking whether the address is a user-mode one.
#
# Package:   Debian 12, bochs 2.7+dfsg-4+deb12u1 (Bochs 2.7, processor corei7_icelake_u)
# Input:     a ROM of 64 KiB that enters long mode with CR4.PKE set and a PKRU of 4 (no data access with key 1), and, at level 0, reads
#            a page of the user with key 1
# Expected:  a page fault with the error code 0x21 (PK and P). Intel SDM vol. 3A, 4.6.2: where AD is 1, no data access to a user-mode
#            address is permitted, and that of the supervisor is one; AMD APM vol. 2, 5.6.7, says the same
# Seen:      no fault
#
# Installs nothing: the package is unpacked in a temporary folder. Needs apt-get, dpkg-deb, as and objcopy. Bochs listens on a
# network port (its display) for a second. Exits with 0 while Bochs does what is said here, and with 1 when that changes.
set -eu
version=2.7+dfsg-4+deb12u1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root

apt-get -qq -y --no-install-recommends --reinstall -d -o Dir::Cache::archives="$folder/archives" \
    -o APT::Sandbox::User=root install "bochs=$version" >apt.log 2>&1 ||
    { echo "cannot download bochs $version:" >&2; tail -3 apt.log >&2; exit 2; }
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
    movl $0x2007, 0x1000            # PML4 at 0x1000, PDPT at 0x2000, page directory at 0x3000: all for the user
    movl $0x3007, 0x2000
    movl $0x83, 0x3000              # the first 2 MiB, the supervisor's, key 0
    movl $0x200087, 0x3008          # the second 2 MiB, the user's ...
    movl $0x08000000, 0x300c        # ... with key 1
    movw $(fault - start), 0x40e0   # the gate of #PF, vector 14, in the IDT at 0x4000
    movw $0x18, 0x40e2
    movw $0x8e00, 0x40e4
    movw $0xf, 0x40e6
    mov $0x400020, %eax             # CR4.PAE and PKE
    mov %eax, %cr4
    mov $0x1000, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    mov $0x100, %eax                # EFER.LME
    xor %edx, %edx
    wrmsr
    mov $0x80000031, %eax
    mov %eax, %cr0
    ljmp $0x18, $(0xf0000 + long - start)
    .code64
long:
    lidt idtr(%rip)
    mov $0x8000, %esp
    xor %ecx, %ecx
    xor %edx, %edx
    mov $4, %eax
    wrpkru
    mov 0x200000, %al
    mov $0xff, %al                  # no fault at all
    jmp tell
fault:
    pop %rax
tell:
    mov %al, %bl
    mov $'<', %al
    out %al, $0xe9
    mov %bl, %al
    shr $4, %al
    call digit
    mov %bl, %al
    and $15, %al
    call digit
    mov $'>', %al
    out %al, $0xe9
1:  hlt
    jmp 1b
digit:
    add $'0', %al
    cmp $'9', %al
    jbe 2f
    add $39, %al
2:  out %al, $0xe9
    ret
    .balign 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff
gdtr:
    .word 31
    .long 0xf0000 + gdt - start
idtr:
    .word 0xff
    .quad 0x4000
    .org 0xfff0
    .code16
    .byte 0xe9
    .word 0x10000 - 0xfff3
    .org 0x10000
ROM
as --64 rom.s -o rom.o
objcopy -O binary -j .text rom.o rom
head -c 512 /dev/zero >screen
echo continue >commands
cat >configuration <<'CONFIGURATION'
config_interface: textconfig
display_library: rfb, options="timeout=0"
cpu: model=corei7_icelake_u, count=1, ips=50000000
memory: guest=16, host=16
romimage: file=rom, address=0xffff0000
vgaromimage: file=screen
port_e9_hack: enabled=1
log: log
panic: action=fatal
CONFIGURATION

export LTDL_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu/bochs/plugins LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu
root/usr/bin/bochs-bin -q -f configuration -rc commands </dev/null >out 2>errors &
bochs=$!
for _ in $(seq 300); do
    grep -q '<..>' out && break
    sleep 0.1
done
{ kill -KILL $bochs && wait $bochs; } 2>/dev/null || true
grep -m 1 -o 'Bochs x86 Emulator [0-9.]*' out
code=$(grep -a -o '<..>' out | tr -d '<>')
case $code in
    ff) echo 'no fault (the manuals: a page fault with the error code 0x21)' ;;
    *) echo "error code of the page fault: 0x$code; seen before: no fault" >&2; exit 1 ;;
esac
