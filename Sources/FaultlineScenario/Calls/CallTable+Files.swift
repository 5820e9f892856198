import Faultline

extension CallTable {
    /// Calls that make files and work on descriptors.
    static let files: [CallDefinition] = [
        CallDefinition(
            "tmpfs_file", ["size", .optional("mount")], result: .ok, faults: .never,
            about: """
                A new file on tmpfs, open for reading and writing. Every byte of its page i, counted from 0, is \
                `(i & 127) + 1`. NAME is the descriptor; the state calls the file `file:NAME`. The size is at most 4G: \
                ftruncate makes larger files. With a `mount` of `tmpfs_mount` the file lies there, without a name: ENOSPC where \
                its pages find no room, EBADF where there is no such mount. Without one its file system has no limit.
                """,
            example: "f = tmpfs_file(64K)",
            value: {
                let mount = Int32(clamping: Int64(bitPattern: $0[1]))
                return UInt64(
                    try $0.machine.tmpfsFile($0.process, name: $0.fileName, size: $0[0], mount: mount))
            }),
        CallDefinition(
            "tmpfs_mount", ["size"], result: .ok, faults: .never,
            about: """
                Mounts a tmpfs of `size` bytes, rounded up to whole pages; 0 is no limit. NAME is the mount, for `tmpfs_file`. A page \
                of a file is a block. Where none is left, pwrite and fallocate are ENOSPC (a pwrite over two pages may be short, a \
                fallocate takes back what it added), and an access to a hole of the file is SIGBUS. ftruncate, FALLOC_FL_PUNCH_HOLE, \
                MADV_REMOVE and the end of a file give blocks back. It is in no directory, any process may use it, and it goes with \
                the program.
                """,
            example: "m = tmpfs_mount(64K)", value: { UInt64($0.machine.tmpfsMount(size: $0[0])) }),
        CallDefinition(
            "disk_file", ["size"], result: .ok, faults: .never,
            about: """
                As `tmpfs_file`, on a disk file system (ext4). The file is written back, and its pages are in the page cache.
                """,
            example: "f = disk_file(64K)",
            value: { UInt64(try $0.machine.diskFile($0.process, name: $0.fileName, size: $0[0])) }),
        CallDefinition(
            "memfd_create", [.text("name"), "flags"], result: .ok, faults: .never, number: 319,
            about: "memfd_create(2): a new, empty memory file. NAME is the descriptor.",
            example: "f = memfd_create(\"m\", MFD_ALLOW_SEALING)",
            value: { UInt64(try $0.machine.memfdCreate($0.process, $0.call.text, flags: $0[0])) }),
        CallDefinition(
            "ftruncate", ["fd", "len"], number: 77,
            about: "ftruncate(2): sets the file's size; pages behind the new end are unmapped everywhere.",
            example: "ftruncate(f, 4K)", done: { try $0.machine.ftruncate($0.process, $0.int(0), $0[1]) }),
        CallDefinition(
            "fallocate", ["fd", "mode", "off", "len"], number: 285,
            about: "fallocate(2) with any FALLOC_FL_ constant.",
            example: "fallocate(f, FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE, 4K, 8K)",
            done: { try $0.machine.fallocate($0.process, $0.int(0), mode: $0.int(1), $0[2], $0[3]) }),
        CallDefinition(
            "pwrite", ["fd", "off", "len", "v"], faults: .never, number: 18,
            about: "pwrite(2) of `len` bytes, at most 47, each of them `v` (below 128).",
            example: "pwrite(f, 4K, 16, 9)",
            value: {
                try $0.machine.pwrite($0.process, $0.int(0), offset: $0[1], length: $0[2], byte: $0.byte(3))
            }),
        CallDefinition(
            "pread", ["fd", "off", "len"], faults: .never, number: 17,
            about: "pread(2) of at most 47 bytes. The result is how many there were.", example: "pread(f, 4K, 16)",
            value: { try $0.machine.pread($0.process, $0.int(0), offset: $0[1], length: $0[2]) }),
        CallDefinition(
            "fsync", ["fd"], number: 74,
            about: "fsync(2): writes the file's dirty pages back.", example: "fsync(f)",
            done: { try $0.machine.fsync($0.process, $0.int(0)) }),
        CallDefinition(
            "fadvise", ["fd", "off", "len", "advice"], number: 221,
            about: """
                posix_fadvise(2) (fadvise64) with a POSIX_FADV_ constant; a `len` of 0 is all from `off` on. Of disk files, DONTNEED \
                sets dirty pages out for the disk and takes clean ones that nothing maps out of memory, WILLNEED reads pages, \
                RANDOM and SEQUENTIAL change how far this descriptor's reads go ahead, NOREUSE keeps accesses from counting as use. \
                Memory files take the advice and ignore it. A page that is on its way to the disk stays; it has arrived by the next \
                statement.
                """,
            example: "fadvise(f, 0, 0, POSIX_FADV_DONTNEED)",
            done: {
                try $0.machine.fadvise($0.process, $0.int(0), offset: $0[1], length: $0[2], advice: $0.int(3))
            }),
        CallDefinition(
            "readahead", ["fd", "off", "count"], number: 187,
            about: """
                readahead(2): reads pages of a file that is open for reading, as `fadvise` with POSIX_FADV_WILLNEED does; a `count` \
                of 0 is all from `off` on.
                """,
            example: "readahead(f, 0, 64K)",
            done: { try $0.machine.readahead($0.process, $0.int(0), offset: $0[1], count: $0[2]) }),
        CallDefinition(
            "close", ["fd"], number: 3,
            about: "close(2). The file lives on while something maps it.", example: "close(f)",
            done: { try $0.machine.close($0.process, $0.int(0)) }),
        CallDefinition(
            "drop_caches", ["N"], result: .ok, faults: .never,
            about: """
                Writes N into /proc/sys/vm/drop_caches, as root in any process. 1 drops the page cache: pages of files that are \
                clean, not under write-back and mapped nowhere leave memory, among them those that a read brought into a hole of \
                tmpfs; before that, the batches of pages on their way to the LRU lists are drained. 2 drops dentries, inodes and \
                slabs, which no program sees; 3 does both. 0 and less is EINVAL; the other values are no concern of memory. On the \
                live kernel such a program runs while no other one does, and takes root.
                """,
            example: "drop_caches(1)", done: { try $0.machine.dropCaches(Int64(bitPattern: $0[0])) }),
    ]
}
