extension ScenarioGenerator {
    /// What only the profile `words` does: descriptors of every mode, seals, processes without a capability, repeated calls.
    mutating func takeWord(_ step: GeneratedStep) {
        switch step {
        case .descriptor: takeDescriptor()
        case .sealFile: sealFile()
        case .dropCapability:
            emit("drop_capability(\"\(random.pick(CapabilityName.allCases.map(\.name)))\")")
        default: repeatCall()
        }
    }

    /// Another descriptor of a file, which the first process makes: those forked later share it.
    private mutating func takeDescriptor() {
        guard !files.isEmpty else { return makeFile() }
        let file = random.pick(files)
        let new = name("d")
        let call = random.pick([
            "dup(\(file.name))", "reopen(\(file.name), O_RDONLY)", "reopen(\(file.name), O_RDONLY)",
            "reopen(\(file.name), O_WRONLY)", "reopen(\(file.name), O_RDWR)", "reopen(\(file.name), 3)",
        ])
        emit("\(new) = \(call)", in: Program.firstProcess)
        files.append((new, file.pages))
    }

    private mutating func sealFile() {
        if random.chance(40) || files.isEmpty {
            let name = name("s")
            let kib = random.pick([8, 20, 64])
            let flags = random.pick(["MFD_ALLOW_SEALING", "MFD_ALLOW_SEALING", "MFD_NOEXEC_SEAL"])
            emit("\(name) = memfd_create(\"s\", \(flags))", in: Program.firstProcess)
            emit("ftruncate(\(name), \(kib)K)", in: Program.firstProcess)
            files.append((name, kib / 4))
        }
        let file = random.pick(files)
        let seals = random.pick([
            "F_SEAL_WRITE", "F_SEAL_FUTURE_WRITE", "F_SEAL_GROW", "F_SEAL_SHRINK", "F_SEAL_SHRINK|F_SEAL_GROW",
            "F_SEAL_SEAL", "F_SEAL_EXEC", "64", "0",
        ])
        if random.chance(70) { emit("fcntl_add_seals(\(file.name), \(seals))") }
        if random.chance(50) { emit("fcntl_get_seals(\(file.name))") }
    }

    private mutating func repeatCall() {
        let (address, kib) = range()
        let count = random.pick([1, 2, 3, 10])
        emit(
            "repeat \(count) "
                + random.pick([
                    "store(\(address), \(byte()))", "load(\(address))", "read_pages(\(address), \(kib)K)",
                    "write_pages(\(address), \(kib)K, \(byte()))", "madvise(\(address), \(kib)K, MADV_DONTNEED)",
                    "munmap(\(address), \(kib)K)", "mmap(NULL, \(kib)K, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
                    "mlock(\(address), \(kib)K)", "getpid()",
                ]))
    }
}
