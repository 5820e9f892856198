extension ScenarioGenerator {
    /// New mappings.
    mutating func takeMapping(_ step: GeneratedStep) {
        switch step {
        case .mapAnonymous: mapAnonymous()
        case .mapNamed: mapPlaced()
        default: mapFile()
        }
    }

    private mutating func mapAnonymous() {
        let (address, kib) = range()
        let type = random.chance(83) ? "MAP_PRIVATE" : "MAP_SHARED"
        let fixed = random.chance(92) ? "MAP_FIXED" : "MAP_FIXED_NOREPLACE"
        let extra = random.pick(weighted: shape.extraFlags)
        emit("mmap(\(address), \(kib)K, \(protection()), \(type)|MAP_ANONYMOUS|\(fixed)\(extra), -1, 0)")
    }

    /// A mapping whose place the kernel chooses, with or without a hint. It has a name, so `init` makes it: a later
    /// statement of any process may speak of it.
    private mutating func mapPlaced() {
        let hint = hint()
        let kib = random.pick(shape.placedLengths)
        let flags = random.pick(weighted: [
            ("MAP_PRIVATE|MAP_ANONYMOUS", 5), ("MAP_PRIVATE|MAP_GROWSDOWN|MAP_ANONYMOUS", 1),
            ("MAP_SHARED|MAP_ANONYMOUS", 1), ("MAP_PRIVATE|MAP_STACK|MAP_ANONYMOUS", 1),
            ("MAP_PRIVATE|MAP_32BIT|MAP_ANONYMOUS", 1),
        ])
        let name = name("m")
        emit("\(name) = mmap(\(hint), \(kib)K, \(protection()), \(flags), -1, 0)", in: Program.firstProcess)
        placed.append(Area(base: name, pages: kib / 4))
    }

    private mutating func hint() -> String {
        switch random.below(10) {
        case 0: "8192"
        case 1: "1"
        case 2: address()
        case 3: address() + "+123"
        default: "NULL"
        }
    }

    private mutating func mapFile() {
        guard !files.isEmpty else { return }
        let (address, kib) = range()
        let file = random.pick(files)
        let type = random.chance(50) ? "MAP_SHARED" : "MAP_PRIVATE"
        let populate = random.chance(25) ? "|MAP_POPULATE" : ""
        let offset = random.chance(27) ? "0" : "\(random.below(file.pages + 1) * 4)K"
        emit("mmap(\(address), \(kib)K, \(protection()), \(type)|MAP_FIXED\(populate), \(file.name), \(offset))")
    }

    /// Calls and accesses that are about a range.
    mutating func takeMemory(_ step: GeneratedStep) {
        if step == .remap { return remap() }
        if step == .load { return emit("load(\(address()))") }
        if step == .store { return emit("store(\(address()), \(byte()))") }
        let (address, kib) = range()
        switch step {
        case .protect: emit("mprotect(\(address), \(kib)K, \(protection()))")
        case .unmap: emit("munmap(\(address), \(kib)K)")
        case .advise:
            let advice = random.pick(weighted: shape.advice)
            emit("madvise(\(address), \(kib)K, MADV_\(advice))")
        case .readPages: emit("read_pages(\(address), \(kib)K)")
        case .writePages: emit("write_pages(\(address), \(kib)K, \(byte()))")
        case .residency: emit("mincore(\(address), \(kib)K)")
        case .lock: emit("mlock(\(address), \(kib)K)")
        case .lockOnFault: emit("mlock2(\(address), \(kib)K, MLOCK_ONFAULT)")
        case .unlock: emit("munlock(\(address), \(kib)K)")
        default: emit("mseal(\(address), \(kib)K, 0)")
        }
    }

    private mutating func remap() {
        let (address, kib) = range()
        let pages = kib / 4
        let new = random.pick([pages, pages + 1, max(1, pages - 1), pages * 2, max(1, pages / 2), pages + 5])
        let target = self.address()
        let call = "mremap(\(address), \(kib)K, "
        switch random.below(12) {
        case 0..<4: emit(call + "\(new * 4)K, 0)")
        case 4..<7: emit(call + "\(new * 4)K, MREMAP_MAYMOVE)")
        case 7..<11: emit(call + "\(new * 4)K, MREMAP_MAYMOVE|MREMAP_FIXED, \(target))")
        default: emit(call + "\(kib)K, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP, \(target))")
        }
    }

    /// `brk`; the first one of a program asks where the break is.
    mutating func moveBreak() {
        if !knowsBreak {
            emit("heap = brk(0)", in: Program.firstProcess)
            knowsBreak = true
        }
        let odd = random.chance(33) ? "+17" : ""
        emit("brk(heap+\(random.below(Self.heapPages) * 4)K\(odd))")
    }

    /// A System V segment: made, attached, marked for removal, written to, and as often as not detached again.
    mutating func useSegment() {
        let (segment, place) = (name("s"), name("p"))
        let kib = random.pick([4, 16, 36])
        let target = random.chance(64) ? "0" : address()
        let first = Program.firstProcess
        emit("\(segment) = shmget(IPC_PRIVATE, \(kib)K, IPC_CREAT|384)", in: first)
        emit("\(place) = shmat(\(segment), \(target), \(random.pick(["0", "SHM_RDONLY", "SHM_REMAP"])))", in: first)
        emit("shmctl(\(segment), IPC_RMID, 0)", in: first)
        emit("write_pages(\(place), \(kib)K, 9)", in: first)
        if random.chance(48) { emit("shmdt(\(place))") }
    }

}
