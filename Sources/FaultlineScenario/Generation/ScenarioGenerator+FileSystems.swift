extension ScenarioGenerator {
    /// Sizes of file systems: none of pages alone, a few pages, more than the programs fill, and no limit.
    private static let mountSizes = ["64K", "64K", "24K", "96K", "40K+1", "256K", "100", "0"]

    /// What only the profiles `full` and `caches` do.
    mutating func takeFileSystem(_ step: GeneratedStep) {
        if step == .dropCaches { return dropCaches() }
        if files.isEmpty || random.chance(16) { return makeFullFile() }
        let file = random.pick(files)
        let page = random.below(file.pages + 4)
        let kib = random.pick([4, 8, 16, 32, 64, 100])
        switch random.below(8) {
        case 0, 1: emit("fallocate(\(file.name), 0, \(page * 4)K, \(kib)K)")
        case 2: emit("fallocate(\(file.name), FALLOC_FL_KEEP_SIZE, \(page * 4)K, \(kib)K)")
        case 3: emit("ftruncate(\(file.name), \(random.pick([64, 128, 160]))K)")
        // Over the boundary of two pages, of which one may have no room.
        default: emit("pwrite(\(file.name), \(page * 4 + 4)K-8, 16, \(1 + random.below(127)))")
        }
    }

    /// A file in one of the program's file systems, some of them larger than it; the first process makes it.
    mutating func makeFullFile() {
        if mounts.isEmpty || random.chance(12) {
            let mount = name("t")
            emit("\(mount) = tmpfs_mount(\(random.pick(Self.mountSizes)))", in: Program.firstProcess)
            mounts.append(mount)
        }
        let name = name("f")
        let mount = random.chance(4) ? "99" : random.pick(mounts)
        let kib = random.pick([0, 0, 0, 0, 4, 4, 20, 32, 64])
        emit("\(name) = tmpfs_file(\(kib)K, \(mount))", in: Program.firstProcess)
        let pages = max(kib / 4, 16)
        if random.chance(70) { emit("ftruncate(\(name), \(pages * 4)K)", in: Program.firstProcess) }
        files.append((name, pages))
    }

    /// The page cache goes; as often as not what is dirty is written back before.
    private mutating func dropCaches() {
        if random.chance(60), let file = files.last {
            emit("fsync(\(random.chance(50) ? file.name : random.pick(files).name))")
        }
        emit("drop_caches(\(random.pick(weighted: [("1", 14), ("3", 4), ("2", 2), ("0", 1), ("-1", 1)])))")
    }

    /// A mapping of a file that is never read ahead.
    mutating func mapWithoutReadahead() {
        guard !files.isEmpty else { return }
        let (address, kib) = range()
        let file = random.pick(files)
        let process = random.pick(processes)
        let type = random.chance(60) ? "MAP_SHARED" : "MAP_PRIVATE"
        let offset = random.chance(40) ? "0" : "\(random.below(file.pages + 1) * 4)K"
        emit("mmap(\(address), \(kib)K, \(protection()), \(type)|MAP_FIXED, \(file.name), \(offset))", in: process)
        emit("madvise(\(address), \(kib)K, MADV_RANDOM)", in: process)
    }
}
