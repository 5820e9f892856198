extension ELFImage {
    /// Parses a file as far as `load_elf_binary` does before its point of no return.
    ///
    /// - Throws: ``ELFError`` for what it refuses, and for 32-bit programs, which it hands to another loader.
    public init(name: String, bytes: [UInt8], as role: Role = .program) throws(ELFError) {
        let reader = ELFReader(file: name, bytes: bytes, role: role)
        try reader.checkHeader()
        var segments: [Segment] = []
        var interpreter: String?
        var hasExecutableStack = false
        for number in 0..<(try reader.headerCount()) {
            let header = try reader.programHeader(number)
            switch header.type {
            case ELFReader.load: segments.append(reader.segment(header, number))
            case ELFReader.interpreter where interpreter == nil && role == .program:
                interpreter = try reader.interpreterPath(header, number)
            case ELFReader.stack: hasExecutableStack = header.flags & 1 != 0
            default: break
            }
        }
        self.init(
            name: name, bytes: bytes, kind: try reader.kind(), entry: try reader.word(24, "e_entry"),
            segments: segments, interpreter: interpreter, hasExecutableStack: hasExecutableStack)
    }
}

/// Reads the fields of an ELF64 file (`struct elf64_hdr`, `struct elf64_phdr`), all within bounds.
struct ELFReader {
    static let load: UInt32 = 1
    static let interpreter: UInt32 = 3
    static let stack: UInt32 = 0x6474_e551
    /// EM_X86_64.
    private static let x8664: UInt64 = 62
    /// EM_386 and EM_486.
    private static let i386: UInt64 = 3
    private static let i486: UInt64 = 6
    private static let headerSize: UInt64 = 56

    let file: String
    /// Filled up with zeros to a whole header, as the loader's buffer is.
    let bytes: [UInt8]
    /// The file's size.
    let size: UInt64
    let role: ELFImage.Role

    init(file: String, bytes: [UInt8], role: ELFImage.Role) {
        self.file = file
        self.bytes = bytes + [UInt8](repeating: 0, count: max(0, 64 - bytes.count))
        size = UInt64(bytes.count)
        self.role = role
    }

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

    /// What is refused of a program with ENOEXEC is refused of an interpreter with ELIBBAD.
    func error(_ field: String, _ value: UInt64, _ rule: String, _ errno: Errno = .ENOEXEC) -> ELFError {
        let errno = role == .interpreter && errno == .ENOEXEC ? .ELIBBAD : errno
        return ELFError(file: file, field: field, value: value, rule: rule, errno: errno)
    }

    // MARK: The file header

    /// Checks `e_ident` and `e_machine`, and `e_type` of a program. EI_CLASS and the other bytes do not count.
    func checkHeader() throws(ELFError) {
        if role == .interpreter, size < 64 {
            throw error("the file's size", size, "an ELF64 header takes 64 bytes", .EIO)
        }
        let magic = try number(0, 4, "e_ident")
        if magic != 0x464c_457f { throw error("e_ident", magic, "it must begin with 0x7f 'E' 'L' 'F'") }
        if role == .program { _ = try kind() }
        let machine = try number(18, 2, "e_machine")
        if machine == Self.x8664 { return }
        if role == .program, machine == Self.i386 || machine == Self.i486, is32BitProgram {
            throw ELFError(
                file: file, field: "e_machine", value: machine,
                rule: "32-bit programs (EM_386) are not modelled: it must be EM_X86_64 (0x3e)", errno: .ENOEXEC,
                consequence: .notModelled)
        }
        throw error("e_machine", machine, "it must be EM_X86_64 (0x3e)")
    }

    /// Whether `compat_elf_format` would take the program: as far as `load_elf_phdrs` goes.
    private var is32BitProgram: Bool {
        func field(_ offset: Int, _ size: Int) -> UInt64 { (try? number(offset, size, "")) ?? 0 }
        let (offset, length) = (field(28, 4), field(44, 2) * 32)
        return field(42, 2) == 32 && length > 0 && length <= 65536 && offset <= size && length <= size - offset
    }

    /// `e_type`. Of an interpreter the loader looks at it late.
    func kind() throws(ELFError) -> ELFImage.Kind {
        let type = try number(16, 2, "e_type")
        if let kind = ELFImage.Kind(rawValue: UInt16(truncatingIfNeeded: type)) { return kind }
        let error = error("e_type", type, "it must be ET_EXEC (2) or ET_DYN (3)")
        throw role == .interpreter ? error.pastNoReturn : error
    }

    /// The checks of `load_elf_phdrs`.
    func headerCount() throws(ELFError) -> UInt64 {
        let headerSize = try number(54, 2, "e_phentsize")
        if headerSize != Self.headerSize { throw error("e_phentsize", headerSize, "it must be 56") }
        let count = try number(56, 2, "e_phnum")
        if count == 0 || count * headerSize > 65536 {
            throw error("e_phnum", count, "there must be 1 to 1170 program headers")
        }
        let offset = try word(32, "e_phoff")
        if offset > size || count * headerSize > size - offset {
            throw error("e_phoff", offset, "the program headers must lie in the file")
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

    func segment(_ header: ProgramHeader, _ number: UInt64) -> ELFImage.Segment {
        let flags = UInt64(header.flags)
        return ELFImage.Segment(
            number: Int(number), offset: header.offset, address: header.address, fileSize: header.fileSize,
            memorySize: header.memorySize, alignment: header.alignment,
            protection: flags >> 2 & 1 | flags & 2 | flags << 2 & 4)
    }

    func interpreterPath(_ header: ProgramHeader, _ number: UInt64) throws(ELFError) -> String {
        let place = "of PT_INTERP, program header \(number)"
        if header.fileSize < 2 || header.fileSize > 4096 {
            throw error("p_filesz \(place)", header.fileSize, "a path takes 2 to 4096 bytes")
        }
        if header.offset > UInt64(Int64.max) {
            throw error("p_offset \(place)", header.offset, "it must lie below 2^63", .EINVAL)
        }
        if header.offset > size || header.fileSize > size - header.offset {
            throw error("p_offset \(place)", header.offset, "the path must lie in the file", .EIO)
        }
        let path = bytes[Int(header.offset)..<Int(header.offset + header.fileSize)]
        guard path.last == 0 else {
            throw error("the last byte \(place)", UInt64(path.last ?? 1), "the path must end in a zero byte")
        }
        return String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
    }

    // MARK: Fields

    /// An 8-byte field.
    func word(_ offset: Int, _ field: String) throws(ELFError) -> UInt64 { try number(offset, 8, field) }

    /// A little-endian number of `size` bytes.
    private func number(_ offset: Int, _ size: Int, _ field: String) throws(ELFError) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - size else {
            throw error("the offset of \(field)", UInt64(max(offset, 0)), "it must lie in the file")
        }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
