extension ELFImage.Segment {
    /// The checks that `load_elf_binary`, `load_elf_interp` and `elf_map` make of a segment, whatever the load bias.
    func check(_ file: String) throws(ELFError) {
        let place = "of program header \(number)"
        func error(_ field: String, _ value: UInt64, _ rule: String, _ errno: Errno = .EINVAL) -> ELFError {
            ELFError(file: file, field: "\(field) \(place)", value: value, rule: rule, errno: errno)
        }
        if address >= AddressSpaceLimit.taskSize { throw error("p_vaddr", address, "it must lie below TASK_SIZE") }
        if fileSize > memorySize { throw error("p_filesz", fileSize, "it must not be more than p_memsz") }
        if memorySize > AddressSpaceLimit.taskSize - address {
            throw error("p_memsz", memorySize, "the segment must end below TASK_SIZE")
        }
        if fileSize > 0, (offset ^ address) & 4095 != 0 {
            throw error("p_offset", offset, "it must equal p_vaddr modulo 4096")
        }
        if fileSize > 0, offset > UInt64(Int64.max) - fileSize - 8192 {
            throw error("p_offset", offset, "the segment must lie below 2^63", .EOVERFLOW)
        }
    }
}

extension Machine {
    /// An open file with these bytes, read only, in the page cache and on the disk.
    func cachedDiskFile(name: String, bytes: [UInt8]) throws(Errno) -> Handle<OpenFile> {
        let mapping = makeDiskMapping(name: name, size: UInt64(bytes.count))
        mapping.pointee.isNamed = true
        let file = makeOpenFile(mapping, canWrite: false)
        do {
            try elsewhere { () throws(Errno) in
                for index in 0..<mapping.pointee.endIndex {
                    try addWrittenPage(mapping, index) { pfn in
                        frames.zeroFrame(pfn)
                        frames.write(bytes[Int(index << 12)..<min(bytes.count, Int((index + 1) << 12))], to: pfn)
                    }
                }
            }
        } catch {
            putFile(file)
            throw error
        }
        checkpoint()
        return file
    }
}
