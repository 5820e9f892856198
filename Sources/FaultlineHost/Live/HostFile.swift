import Glibc

/// An open file of the host, closed when it goes away. Reads are positioned, so that one descriptor of a /proc file
/// serves again and again.
final class HostFile {
    let descriptor: Int32

    /// Opens `path` with the flags of open(2), close-on-exec added.
    init(_ path: String, flags: Int32 = O_RDONLY) throws(LiveError) {
        descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw .host(action: "open \(path)", errno: errno) }
    }

    /// Takes over a descriptor that is open already.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Reads up to `count` bytes at `offset`; fewer at the end of the file.
    func read(at offset: UInt64, count: Int) throws(LiveError) -> [UInt8] {
        var failure: Int32 = 0
        // SAFETY: pread writes at most `count` bytes, the capacity, and `initialized` is set to what it wrote.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { (buffer, initialized) -> Void in
            while initialized < count {
                let at = off_t(truncatingIfNeeded: offset) + off_t(initialized)
                let got = pread(descriptor, buffer.baseAddress! + initialized, count - initialized, at)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                initialized += got
            }
        }
        guard failure == 0 else { throw .host(action: "read a /proc file", errno: failure) }
        return bytes
    }

    /// Reads `count` 64-bit words, the first of which is word `index` of the file; fewer at its end.
    func words(at index: UInt64, count: Int) throws(LiveError) -> [UInt64] {
        let bytes = try read(at: index * 8, count: count * 8)
        // SAFETY: loadUnaligned stays within the bytes that were read.
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
    }

    /// The whole file, which may be one of /proc that has no size.
    func contents() throws(LiveError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = try read(at: UInt64(all.count), count: 1 << 16)
            all += part
            if part.count < 1 << 16 { return all }
        }
    }

    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(LiveError) {
        // SAFETY: pwrite reads within the slice.
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count else {
            throw .host(action: "write to a file", errno: written < 0 ? errno : ENOSPC)
        }
    }
}
