/// An ELF64 file for x86-64 as far as loading it goes: what `load_elf_binary` (`fs/binfmt_elf.c`) reads.
public struct ELFImage: Sendable {
    /// `e_type`.
    public enum Kind: UInt16, Sendable {
        /// ET_EXEC: its addresses are fixed.
        case executable = 2
        /// ET_DYN: position-independent, a program or an interpreter.
        case positionIndependent = 3
    }

    /// What a file is read for; the loader checks less of an interpreter, and answers otherwise.
    public enum Role: Sendable {
        case program, interpreter
    }

    /// A PT_LOAD program header.
    public struct Segment: Sendable, Equatable {
        /// Its place among all program headers, from 0.
        public var number: Int
        /// `p_offset`.
        public var offset: UInt64
        /// `p_vaddr`.
        public var address: UInt64
        /// `p_filesz`.
        public var fileSize: UInt64
        /// `p_memsz`.
        public var memorySize: UInt64
        /// `p_align`.
        public var alignment: UInt64
        /// PROT_READ, PROT_WRITE and PROT_EXEC, from `p_flags`.
        public var protection: UInt64
    }

    /// The path that maps shows.
    public let name: String
    /// The whole file.
    public let bytes: [UInt8]
    /// Whether its addresses are fixed.
    public let kind: Kind
    /// `e_entry`, before the load bias.
    public let entry: UInt64
    /// In the order of the file; a file without any starts too.
    public let segments: [Segment]
    /// The path that PT_INTERP names; nil for a static program.
    public let interpreter: String?
    /// The last PT_GNU_STACK asks for an executable stack.
    public let hasExecutableStack: Bool

    init(
        name: String, bytes: [UInt8], kind: Kind, entry: UInt64, segments: [Segment], interpreter: String?,
        hasExecutableStack: Bool
    ) {
        self.name = name
        self.bytes = bytes
        self.kind = kind
        self.entry = entry
        self.segments = segments
        self.interpreter = interpreter
        self.hasExecutableStack = hasExecutableStack
    }
}

extension ELFImage {
    /// `maximum_alignment`: the largest `p_align` that is a power of two, in whole pages; 0 for none.
    var alignment: UInt64 {
        segments.map(\.alignment).filter { $0 & ($0 &- 1) == 0 }.max().map { $0.pageAlignedUp } ?? 0
    }

    /// `total_mapping_size`: from the first page of the lowest segment to the end of the highest.
    var span: UInt64 {
        let low = segments.map(\.address.pageAlignedDown).min() ?? 0
        let high = segments.map { $0.address &+ $0.memorySize }.max() ?? 0
        return high &- low
    }
}
