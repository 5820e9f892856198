import Faultline

extension CallTable {
    /// Calls that make, change and take away mappings.
    static let mappings: [CallDefinition] = [
        CallDefinition(
            "mmap", ["addr", "len", "prot", "flags", "fd", "off"], number: 9,
            about: """
                mmap(2): maps `len` bytes of the file `fd` from `off` on, or of anonymous memory (MAP_ANONYMOUS, `fd` -1). \
                The result is the address. Every errno of the kernel, in its order of checks.
                """,
            example: "p = mmap(NULL, 64K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
            value: {
                try $0.machine.mmap($0.process, $0[0], $0[1], prot: $0[2], flags: $0[3], fd: $0.int(4), offset: $0[5])
            }),
        CallDefinition(
            "munmap", ["addr", "len"], number: 11,
            about: "munmap(2): takes away what is mapped in the range; VMAs that stick out are split.",
            example: "munmap(W, 8K)", done: { try $0.machine.munmap($0.process, $0[0], $0[1]) }),
        CallDefinition(
            "mprotect", ["addr", "len", "prot"], number: 10,
            about: "mprotect(2): changes the protection of the range; VMAs are split and merged as the kernel does.",
            example: "mprotect(W, 4K, PROT_READ)",
            done: { try $0.machine.mprotect($0.process, $0[0], $0[1], prot: $0[2]) }),
        CallDefinition(
            "mremap", ["old", "oldlen", "newlen", "flags", .optional("new")], number: 25,
            about: """
                mremap(2): grows, shrinks or moves a mapping. `new` counts with MREMAP_FIXED or MREMAP_DONTUNMAP. The result \
                is the address.
                """,
            example: "q = mremap(W, 8K, 64K, MREMAP_MAYMOVE)",
            value: { try $0.machine.mremap($0.process, $0[0], $0[1], $0[2], flags: $0[3], new: $0[4]) }),
        CallDefinition(
            "madvise", ["addr", "len", "advice"], number: 28,
            about: "madvise(2) with any MADV_ constant.", example: "madvise(W, 16K, MADV_DONTNEED)",
            done: { try $0.machine.madvise($0.process, $0[0], $0[1], advice: $0.int(2)) }),
        CallDefinition(
            "brk", ["addr"], number: 12,
            about: """
                brk(2) in its raw form: the result is the new end of the heap, or the old one where it could not be moved. \
                `brk(0)` asks where it is.
                """,
            example: "heap = brk(0)", value: { try $0.machine.brk($0.process, $0[0]) }),
        CallDefinition(
            "remap_file_pages", ["addr", "size", "prot", "pgoff", "flags"], number: 216,
            about: "remap_file_pages(2), which the kernel emulates with a mapping of another part of the file.",
            example: "remap_file_pages(W, 8K, 0, 3, 0)",
            done: { try $0.machine.remapFilePages($0.process, $0[0], $0[1], prot: $0[2], pgoff: $0[3], flags: $0[4]) }),
        CallDefinition(
            "mseal", ["addr", "len", "flags"], number: 462,
            about: "mseal(2): the VMAs of the range cannot be changed or unmapped any more.",
            example: "mseal(W, 4K, 0)",
            done: { try $0.machine.mseal($0.process, $0[0], $0[1], flags: $0[2]) }),
    ]
}
