/// Makes small ELF64 files, whole or faulty.
struct ELFFile {
    /// A program header as it stands in the file.
    struct Header {
        var type: UInt32 = 1
        /// PF_X 1, PF_W 2, PF_R 4.
        var flags: UInt32 = 4
        var offset: UInt64 = 0
        var address: UInt64 = 0
        var fileSize: UInt64 = 0
        var memorySize: UInt64 = 0
        var alignment: UInt64 = 4096
    }

    /// ET_EXEC 2, ET_DYN 3.
    var type: UInt16
    var headers: [Header]
    var interpreter: String?
    var machine: UInt16 = 62
    var entry: UInt64 = 0x1000
    var headerSize: UInt16 = 56
    /// Bytes of the file; those after the headers are 0x90.
    var size = 0x4000

    /// Code, data and bss at `base`, which is 0 for a position-independent program.
    static func program(type: UInt16, base: UInt64, alignment: UInt64 = 4096, bss: UInt64 = 0x5678) -> ELFFile {
        ELFFile(
            type: type,
            headers: [
                Header(flags: 4, offset: 0, address: base, fileSize: 0x300, memorySize: 0x300, alignment: alignment),
                Header(
                    flags: 5, offset: 0x1000, address: base + 0x1000, fileSize: 0x1234, memorySize: 0x1234,
                    alignment: alignment),
                Header(
                    flags: 6, offset: 0x2e00, address: base + 0x4e00, fileSize: 0x300, memorySize: 0x300 + bss,
                    alignment: alignment),
                Header(type: 0x6474_e551, flags: 6, alignment: 16),
            ])
    }

    var bytes: [UInt8] {
        var headers = headers
        if let interpreter {
            let length = UInt64(interpreter.utf8.count + 1)
            headers.append(Header(type: 3, offset: 0x280, fileSize: length, memorySize: length, alignment: 1))
        }
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        append(UInt64(type), 2, to: &file)
        append(UInt64(machine), 2, to: &file)
        append(1, 4, to: &file)
        append(entry, 8, to: &file)  // e_entry
        append(64, 8, to: &file)  // e_phoff
        append(0, 12, to: &file)
        append(64, 2, to: &file)
        append(UInt64(headerSize), 2, to: &file)
        append(UInt64(headers.count), 2, to: &file)
        append(0, 6, to: &file)
        for header in headers {
            append(UInt64(header.type), 4, to: &file)
            append(UInt64(header.flags), 4, to: &file)
            for word in [
                header.offset, header.address, header.address, header.fileSize, header.memorySize, header.alignment,
            ] { append(word, 8, to: &file) }
        }
        file += [UInt8](repeating: 0x90, count: max(0, size - file.count))
        if let interpreter {
            file.replaceSubrange(0x280..<0x280 + interpreter.utf8.count + 1, with: interpreter.utf8 + [0])
        }
        return file
    }

    private func append(_ value: UInt64, _ count: Int, to file: inout [UInt8]) {
        for shift in 0..<count { file.append(shift < 8 ? UInt8(truncatingIfNeeded: value >> (shift * 8)) : 0) }
    }
}
