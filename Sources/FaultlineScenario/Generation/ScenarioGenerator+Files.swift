extension ScenarioGenerator {
    /// Sizes in KiB of the files that a program makes.
    private static let fileSizes = [4, 20, 64, 96, 160]

    /// A new file of any kind, in the first process: those forked later share it.
    mutating func makeFile() {
        let name = name("f")
        let kib = random.pick(Self.fileSizes)
        switch random.below(3) {
        case 0: emit("\(name) = tmpfs_file(\(kib)K)", in: Program.firstProcess)
        case 1: emit("\(name) = disk_file(\(kib)K)", in: Program.firstProcess)
        default:
            emit("\(name) = memfd_create(\"m\", 0)", in: Program.firstProcess)
            emit("ftruncate(\(name), \(kib)K)", in: Program.firstProcess)
        }
        files.append((name, kib / 4))
    }

    /// Calls that are about a file.
    mutating func takeFile(_ step: GeneratedStep) {
        if step == .newFile || files.isEmpty { return makeFile() }
        if step == .synchronize {
            let (address, kib) = range()
            return emit(
                "msync(\(address), \(kib)K, \(random.pick(["MS_SYNC", "MS_SYNC", "MS_ASYNC", "MS_INVALIDATE"])))")
        }
        let file = random.pick(files)
        let page = random.below(file.pages)
        switch step {
        case .truncate: truncate(file.name, pages: file.pages)
        case .punchHole:
            let kib = random.pick([4, 8, 16])
            emit("fallocate(\(file.name), FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE, \(page * 4)K, \(kib)K)")
        case .writeFile:
            emit("pwrite(\(file.name), \(page * 4)K+\(random.pick([0, 100])), 16, \(1 + random.below(127)))")
        default: callFile(file.name, page: page)
        }
    }

    private mutating func truncate(_ name: String, pages: Int) {
        let new = random.pick([0, pages / 2, max(0, pages - 1), pages, pages + 4])
        emit("ftruncate(\(name), \(new * 4)K\(random.chance(22) ? "+100" : ""))")
    }

    /// The calls on files that only the profile `wide` makes.
    private mutating func callFile(_ name: String, page: Int) {
        let kib = random.pick([4, 8, 16])
        switch random.below(8) {
        case 0: readFile(name, page: page)
        case 1: emit("fsync(\(name))")
        case 2: emit("close(\(name))")
        case 3: emit("fallocate(\(name), 0, \(page * 4)K, \(kib)K)")
        case 4: emit("fallocate(\(name), FALLOC_FL_KEEP_SIZE, \(page * 4)K, \(kib)K)")
        case 5: emit("fallocate(\(name), FALLOC_FL_ZERO_RANGE, \(page * 4)K, \(kib)K)")
        case 6:
            let (address, length) = range()
            emit("remap_file_pages(\(address), \(length)K, 0, \(page), 0)")
        default: emit("ftruncate(\(name), \(random.pick(["-1", "1", "4095", "4097"])))")
        }
    }
}
