/// What memory and files must hold, page by page: a plain model beside the machine, which knows nothing of frames, slots and lists.
struct PlainMemory {
    /// Of each page so many bytes are known; the others stay 0, or as a disk file has them.
    typealias Bytes = SIMD8<UInt8>

    /// Where in a page they lie.
    static let offsets: [UInt64] = [0, 1, 7, 64, 1000, 2048, 4000, 4095]

    /// A page of a process.
    enum Page: Equatable {
        case none
        /// Private memory. It holds `bytes`, or `other`: MADV_FREE lets the kernel take a page away until it is written again.
        case anonymous(bytes: Bytes, other: Bytes?, mayGo: Bool)
        case shared(file: Int, page: Int)
        /// A private mapping, with a copy of its own once it was written.
        case privateFile(file: Int, page: Int, own: Bytes?)

        var isAnonymous: Bool { if case .anonymous = self { true } else { false } }
        /// Private memory of which it is known what it holds.
        var isCertain: Bool { if case .anonymous(_, nil, _) = self { true } else { false } }
        static var zeros: Page { .anonymous(bytes: Bytes(), other: nil, mayGo: false) }
    }

    /// A file that all processes have open.
    struct File {
        let descriptor: Int32
        let isOnDisk: Bool
        var pages: [Bytes]
    }

    /// A process's memory.
    struct Space {
        let process: Int
        var pages: [Page]
        var isWritable: [Bool]
    }

    /// What an access must come to.
    enum Expected: Equatable {
        case bytes(UInt8, or: UInt8?)
        case invalid
        case forbidden
        case beyondFile
    }

    var files: [File] = []
    var spaces: [Space] = []

    /// Page i of a disk file is full of (i & 127) + 1 when it is made.
    static func diskPage(_ index: Int) -> Bytes { Bytes(repeating: UInt8(index & 127) + 1) }

    func expected(_ space: Int, _ page: Int, _ slot: Int, forWriting: Bool) -> Expected {
        let writable = spaces[space].isWritable[page]
        switch spaces[space].pages[page] {
        case .none: return .invalid
        case _ where forWriting && !writable: return .forbidden
        case .anonymous(let bytes, let other, let mayGo):
            return .bytes(bytes[slot], or: other.map { $0[slot] } ?? (mayGo ? 0 : nil))
        case .shared(let file, let index), .privateFile(let file, let index, nil):
            guard index < files[file].pages.count else { return .beyondFile }
            return .bytes(files[file].pages[index][slot], or: nil)
        case .privateFile(_, _, .some(let own)): return .bytes(own[slot], or: nil)
        }
    }

    /// A byte was written. Precondition: the page may be written.
    mutating func note(_ space: Int, _ page: Int, _ slot: Int, written byte: UInt8) {
        switch spaces[space].pages[page] {
        case .none: break
        case .anonymous(var bytes, var other, let mayGo):
            // The page is there for good from now on, or was gone already.
            if other == nil, mayGo { other = Bytes() }
            bytes[slot] = byte
            other?[slot] = byte
            spaces[space].pages[page] = .anonymous(bytes: bytes, other: other == bytes ? nil : other, mayGo: false)
        case .shared(let file, let index): files[file].pages[index][slot] = byte
        case .privateFile(let file, let index, let own):
            var bytes = own ?? files[file].pages[index]
            bytes[slot] = byte
            spaces[space].pages[page] = .privateFile(file: file, page: index, own: bytes)
        }
    }

    /// A byte was read, which tells which of two it is.
    mutating func note(_ space: Int, _ page: Int, _ slot: Int, read byte: UInt8) {
        guard case .anonymous(let bytes, let other, let mayGo) = spaces[space].pages[page] else { return }
        guard let second = other ?? (mayGo ? Bytes() : nil), bytes[slot] != second[slot] else { return }
        if byte == second[slot] {
            spaces[space].pages[page] = .anonymous(bytes: second, other: nil, mayGo: false)
        } else if !mayGo {
            spaces[space].pages[page] = .anonymous(bytes: bytes, other: nil, mayGo: false)
        }
    }

    /// MADV_FREE. Precondition: all pages are certain.
    mutating func free(_ space: Int, _ range: Range<Int>) {
        for page in range {
            guard case .anonymous(let bytes, nil, _) = spaces[space].pages[page] else { continue }
            spaces[space].pages[page] = .anonymous(bytes: bytes, other: nil, mayGo: true)
        }
    }

    /// MADV_DONTNEED.
    mutating func drop(_ space: Int, _ range: Range<Int>) {
        for page in range {
            switch spaces[space].pages[page] {
            case .anonymous: spaces[space].pages[page] = .zeros
            case .privateFile(let file, let index, _):
                spaces[space].pages[page] = .privateFile(file: file, page: index, own: nil)
            case .none, .shared: break
            }
        }
    }

    /// ftruncate: private copies behind the end go too.
    mutating func truncate(_ file: Int, to count: Int) {
        let old = files[file].pages.count
        if count > old {
            files[file].pages += Array(repeating: Bytes(), count: count - old)
            return
        }
        files[file].pages.removeLast(old - count)
        for space in spaces.indices {
            for page in spaces[space].pages.indices {
                if case .privateFile(file, let index, .some) = spaces[space].pages[page], index >= count {
                    spaces[space].pages[page] = .privateFile(file: file, page: index, own: nil)
                }
            }
        }
    }
}
