import CDecompress
import FaultlineTrace
import Glibc

/// The bytes of a trace's file, or of standard input, without their compression.
final class TraceFile: TraceSource {
    private let path: String
    private let descriptor: Int32
    /// What was read and not used yet.
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private var unread = 0..<0
    private var isEnded = false
    private var stream: OpaquePointer?
    private var isWhole = true

    /// Opens it and looks at its first bytes.
    ///
    /// - Parameter path: `-` for standard input.
    /// - Throws: `CommandFailure` with the file's name.
    init(_ path: String) throws {
        self.path = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw CommandFailure("cannot read \(path): it is a directory; name a file in it")
        }
        try fill(atLeast: 4)
        try startDecompression()
    }

    deinit {
        if let stream { fl_decompress_end(stream) }
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    private func startDecompression() throws {
        let first = buffer[unread].prefix(4)
        if first.elementsEqual([0x50, 0x4b, 3, 4]) {
            throw CommandFailure(
                "cannot read \(path): it is a zip archive; `unzip -p \(path) | faultline trace -` reads what is in it")
        }
        if first.starts(with: [0xfd, 0x37, 0x7a, 0x58]) {
            throw CommandFailure("cannot read \(path): xz compressed it; `xz -dc \(path) | faultline trace -` reads it")
        }
        let kinds: [(magic: [UInt8], kind: fl_compression, name: String, package: String)] = [
            ([0x1f, 0x8b], FL_COMPRESSION_GZIP, "gzip", "zlib1g-dev"),
            ([0x28, 0xb5, 0x2f, 0xfd], FL_COMPRESSION_ZSTD, "zstd", "libzstd-dev"),
        ]
        guard let found = kinds.first(where: { first.starts(with: $0.magic) }) else { return }
        guard fl_can_decompress(found.kind) else {
            throw CommandFailure(
                "cannot read \(path): \(found.name) compressed it, and this faultline was built without \(found.package); "
                    + "`\(found.name) -dc \(path) | faultline trace -` reads it")
        }
        stream = fl_decompress_start(found.kind)
        if stream == nil { throw CommandFailure("cannot read \(path): no memory to decompress it") }
    }

    /// Puts the next bytes there; 0 at the end.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let stream else { return try readPlain(into: bytes) }
        while true {
            if unread.isEmpty, !isEnded { try fill(atLeast: 1) }
            // SAFETY: the call reads within the slice and writes within `bytes`.
            let result = buffer[unread].withUnsafeBytes {
                fl_decompress(stream, $0.baseAddress, $0.count, bytes.baseAddress!, bytes.count)
            }
            if let mistake = result.mistake {
                throw CommandFailure("cannot read \(path): it cannot be decompressed: \(String(cString: mistake))")
            }
            unread = unread.lowerBound + result.used..<unread.upperBound
            isWhole = result.is_whole
            if result.made > 0 { return result.made }
            if unread.isEmpty, isEnded {
                if isWhole { return 0 }
                throw CommandFailure(
                    "cannot read \(path): it ends in the midst of compressed data; a part of it is missing")
            }
            if result.used == 0, !unread.isEmpty {
                throw CommandFailure("cannot read \(path): what follows the compressed data is something else")
            }
        }
    }

    private func readPlain(into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        if unread.isEmpty { return isEnded ? 0 : try readSome(bytes) }
        let count = min(bytes.count, unread.count)
        bytes.copyBytes(from: buffer[unread.prefix(count)])
        unread = unread.lowerBound + count..<unread.upperBound
        return count
    }

    /// Reads into the buffer until it has so many bytes, or the file ends. - Precondition: nothing is unread.
    private func fill(atLeast count: Int) throws {
        var filled = 0
        while filled < count, !isEnded {
            let got = try buffer.withUnsafeMutableBytes {
                try readSome(UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
            filled += got
        }
        unread = 0..<filled
    }

    private func readSome(_ bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            // SAFETY: read writes within `bytes`.
            let count = Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            if count > 0 { return count }
            if count == 0 {
                isEnded = true
                return 0
            }
            if errno != EINTR { throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno)))") }
        }
    }
}
