#!/usr/bin/env bash
# libdw's dwfl_module_getsrc finds no source line in a program without .debug_aranges, which is optional and which clang does not
# write; the line is there, and dwarf_getsrc_die finds it by way of the unit.
#
# Package:   Debian 12, libdw1 and libdw-dev 0.188-2.1 (elfutils 0.188)
# Input:     a C program of one unit with .debug_info (DW_AT_low_pc and DW_AT_high_pc), .debug_line and no .debug_aranges: gcc's, with
#            that section taken out by objcopy, so that no clang is needed here (clang 21 -g gives the same without objcopy)
# Expected:  the line of an address of a function: DWARF 5, 6.1.2, says of the table of ranges that it speeds the search up, and a
#            reader that finds none looks at the units (addr2line of binutils 2.40 does)
# Seen:      dwfl_module_getsrc returns NULL, without an error; dwfl_module_addrname still names the function; dwarf_haspc is true
#            of the unit, and dwarf_getsrc_die gives the line. With .debug_aranges all of them answer
#
# Installs nothing: the packages are unpacked in a temporary folder. Needs apt-get, dpkg-deb, gcc and objcopy. Exits with 0 while libdw
# does what is said here, and with 1 when that changes.
set -eu
version=0.188-2.1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root

apt-get -qq -y --no-install-recommends --reinstall -d -o Dir::Cache::archives="$folder/archives" \
    -o APT::Sandbox::User=root install {libdw-dev,libdw1,libelf-dev,libelf1}="$version" >apt.log 2>&1 ||
    { echo "cannot download libdw $version:" >&2; tail -3 apt.log >&2; exit 2; }
for package in archives/*.deb; do dpkg-deb -x "$package" root; done

cat >lines.c <<'C'
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <unistd.h>

static char *path;
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo, .debuginfo_path = &path,
};

int somewhere(void) { return 7; }

int main(void) {
    Dwfl *dwfl = dwfl_begin(&callbacks);
    dwfl_linux_proc_report(dwfl, getpid());
    dwfl_report_end(dwfl, NULL, NULL);
    const Dwarf_Addr address = (Dwarf_Addr)somewhere;
    Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
    int direct = 0, by_unit = 0;
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    if (line) dwfl_lineinfo(line, NULL, &direct, NULL, NULL, NULL);
    Dwarf_Addr bias;
    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(module, unit, &bias));) {
        if (dwarf_haspc(unit, address - bias) <= 0) continue;
        Dwarf_Line *found = dwarf_getsrc_die(unit, address - bias);
        if (found) dwarf_lineno(found, &by_unit);
    }
    const char *name = dwfl_module_addrname(module, address);
    printf("%s: line %d, by its unit %d\n", name ? name : "?", direct, by_unit);
    dwfl_end(dwfl);
}
C
libraries=$PWD/root/usr/lib/x86_64-linux-gnu
gcc -g -Iroot/usr/include lines.c -o with -L"$libraries" -l:libdw.so.1 -l:libelf.so.1 -Wl,-rpath-link,"$libraries"
objcopy --remove-section=.debug_aranges with without
export LD_LIBRARY_PATH=$libraries
for program in with without; do echo "$program .debug_aranges: $(./$program)" | tee $program.out; done
grep -q 'somewhere: line 10, by its unit 10' with.out && grep -q 'somewhere: line 0, by its unit 10' without.out ||
    { echo 'this is not what was seen before: line 10 with, none without, and 10 by the unit in both' >&2; exit 1; }
