extension ELFImage {
    /// Parses a file.
    ///
    /// - Throws: ``ELFError`` for what `load_elf_binary` refuses, and for 32-bit files, which it hands to others.
    public init(name: String, bytes: [UInt8]) throws(ELFError) {
        let reader = ELFReader(file: name, bytes: bytes)
        let kind = try reader.header()
        var segments: [Segment] = []
        var interpreter: String?
        var hasExecutableStack: Bool?
        for number in 0..<(try reader.headerCount()) {
            let header = try reader.programHeader(number)
            switch header.type {
            case ELFReader.load: segments.append(try reader.segment(header, number))
            case ELFReader.interpreter where interpreter == nil:
                interpreter = try reader.interpreterPath(header, number)
            case ELFReader.stack where hasExecutableStack == nil: hasExecutableStack = header.flags & 1 != 0
            default: break
            }
        }
        if segments.isEmpty {
            throw reader.error("the number of PT_LOAD headers", 0, "there must be one at least", .EINVAL)
        }
        self.init(
            name: name, bytes: bytes, kind: kind, entry: try reader.word(24, "e_entry"), segments: segments,
            interpreter: interpreter, hasExecutableStack: hasExecutableStack ?? false)
    }
}

/// Reads the fields of an ELF64 file (`struct elf64_hdr`, `struct elf64_phdr`), all within bounds.
struct ELFReader {
    static let load: UInt32 = 1
    static let interpreter: UInt32 = 3
    static let stack: UInt32 = 0x6474_e551
    private static let headerSize: UInt64 = 56

    let file: String
    let bytes: [UInt8]

    /// `struct elf64_phdr`.
    struct ProgramHeader {
        var type: UInt32
        var flags: UInt32
        var offset: UInt64
        var address: UInt64
        var fileSize: UInt64
        var memorySize: UInt64
        var alignment: UInt64
    }

    func error(_ field: String, _ value: UInt64, _ rule: String, _ errno: Errno) -> ELFError {
        ELFError(file: file, field: field, value: value, rule: rule, errno: errno)
    }

    // MARK: The file header

    /// Checks `e_ident`, `e_type` and `e_machine`.
    func header() throws(ELFError) -> ELFImage.Kind {
        if bytes.count < 64 {
            throw error("the file's size", UInt64(bytes.count), "an ELF64 header takes 64 bytes", .ENOEXEC)
        }
        let magic = try number(0, 4, "e_ident")
        if magic != 0x464c_457f { throw error("e_ident", magic, "it must begin with 0x7f 'E' 'L' 'F'", .ENOEXEC) }
        if bytes[4] != 2 {
            throw error("EI_CLASS", UInt64(bytes[4]), "only ELFCLASS64 (2) is modelled", .ENOEXEC)
        }
        let machine = try number(18, 2, "e_machine")
        if machine != 62 { throw error("e_machine", machine, "it must be EM_X86_64 (0x3e)", .ENOEXEC) }
        let type = try number(16, 2, "e_type")
        guard let kind = ELFImage.Kind(rawValue: UInt16(truncatingIfNeeded: type)) else {
            throw error("e_type", type, "it must be ET_EXEC (2) or ET_DYN (3)", .ENOEXEC)
        }
        return kind
    }

    /// The checks of `load_elf_phdrs`.
    func headerCount() throws(ELFError) -> UInt64 {
        let size = try number(54, 2, "e_phentsize")
        if size != Self.headerSize { throw error("e_phentsize", size, "it must be 56", .ENOEXEC) }
        let count = try number(56, 2, "e_phnum")
        if count == 0 || count * size > 65536 {
            throw error("e_phnum", count, "there must be 1 to 1170 program headers", .ENOEXEC)
        }
        let offset = try word(32, "e_phoff")
        if offset > UInt64(bytes.count) || count * size > UInt64(bytes.count) - offset {
            throw error("e_phoff", offset, "the program headers must lie in the file", .ENOEXEC)
        }
        return count
    }

    // MARK: Program headers

    func programHeader(_ number: UInt64) throws(ELFError) -> ProgramHeader {
        let base = Int(try word(32, "e_phoff")) + Int(number * Self.headerSize)
        let field = "program header \(number)"
        return ProgramHeader(
            type: UInt32(truncatingIfNeeded: try self.number(base, 4, field)),
            flags: UInt32(truncatingIfNeeded: try self.number(base + 4, 4, field)), offset: try word(base + 8, field),
            address: try word(base + 16, field), fileSize: try word(base + 32, field),
            memorySize: try word(base + 40, field), alignment: try word(base + 48, field))
    }

    /// The checks that `load_elf_binary` and `elf_map` make of a segment, whatever the load bias.
    func segment(_ header: ProgramHeader, _ number: UInt64) throws(ELFError) -> ELFImage.Segment {
        let place = "of program header \(number)"
        if header.address >= AddressSpaceLimit.taskSize {
            throw error("p_vaddr \(place)", header.address, "it must lie below TASK_SIZE", .EINVAL)
        }
        if header.fileSize > header.memorySize {
            throw error("p_filesz \(place)", header.fileSize, "it must not be more than p_memsz", .EINVAL)
        }
        if header.memorySize > AddressSpaceLimit.taskSize - header.address {
            throw error("p_memsz \(place)", header.memorySize, "the segment must end below TASK_SIZE", .EINVAL)
        }
        if header.fileSize > 0, (header.offset ^ header.address) & 4095 != 0 {
            throw error("p_offset \(place)", header.offset, "it must equal p_vaddr modulo 4096", .EINVAL)
        }
        if header.fileSize > 0, header.offset > UInt64(Int64.max) - header.fileSize - 8192 {
            throw error("p_offset \(place)", header.offset, "the segment must lie below 2^63", .EOVERFLOW)
        }
        let flags = UInt64(header.flags)
        return ELFImage.Segment(
            offset: header.offset, address: header.address, fileSize: header.fileSize, memorySize: header.memorySize,
            alignment: header.alignment, protection: flags >> 2 & 1 | flags & 2 | flags << 2 & 4)
    }

    func interpreterPath(_ header: ProgramHeader, _ number: UInt64) throws(ELFError) -> String {
        let place = "of PT_INTERP, program header \(number)"
        if header.fileSize < 2 || header.fileSize > 4096 {
            throw error("p_filesz \(place)", header.fileSize, "a path takes 2 to 4096 bytes", .ENOEXEC)
        }
        let size = UInt64(bytes.count)
        if header.offset > size || header.fileSize > size - header.offset {
            throw error("p_offset \(place)", header.offset, "the path must lie in the file", .EIO)
        }
        let path = bytes[Int(header.offset)..<Int(header.offset + header.fileSize)]
        guard path.last == 0 else {
            throw error("the last byte \(place)", UInt64(path.last ?? 1), "the path must end in a zero byte", .ENOEXEC)
        }
        return String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
    }

    // MARK: Fields

    /// An 8-byte field.
    func word(_ offset: Int, _ field: String) throws(ELFError) -> UInt64 { try number(offset, 8, field) }

    /// A little-endian number of `size` bytes.
    private func number(_ offset: Int, _ size: Int, _ field: String) throws(ELFError) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - size else {
            throw error("the offset of \(field)", UInt64(max(offset, 0)), "it must lie in the file", .ENOEXEC)
        }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
