import Glibc
import SystemPackage

/// An open file of the host, closed when it goes away. Reads are positioned, so that one descriptor of a /proc file
/// serves again and again.
final class HostFile {
    private let file: FileDescriptor

    /// Opens `path` with the flags of open(2), close-on-exec added.
    init(_ path: String, flags: Int32 = O_RDONLY) throws(LiveError) {
        let mode = FileDescriptor.AccessMode(rawValue: flags & O_ACCMODE)
        let options = FileDescriptor.OpenOptions(rawValue: flags & ~O_ACCMODE).union(.closeOnExec)
        do { file = try FileDescriptor.open(FilePath(path), mode, options: options) } catch {
            throw Self.failed("open \(path)", error)
        }
    }

    /// Takes over a descriptor that is open already.
    init(descriptor: Int32) { file = FileDescriptor(rawValue: descriptor) }

    deinit { try? file.close() }

    /// The descriptor, for calls that C makes.
    var descriptor: Int32 { file.rawValue }

    /// Reads up to `count` bytes at `offset`; fewer at the end of the file.
    func read(at offset: UInt64, count: Int) throws(LiveError) -> [UInt8] {
        do {
            // SAFETY: read writes within the buffer that it is given, and `initialized` is set to what it wrote.
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                while initialized < count {
                    let rest = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized...])
                    // An address of another process may be above 2^63.
                    let got = try file.read(
                        fromAbsoluteOffset: Int64(truncatingIfNeeded: offset) &+ Int64(initialized), into: rest)
                    if got == 0 { break }
                    initialized += got
                }
            }
        } catch { throw Self.failed("read a /proc file", error) }
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
        do { try file.writeAll(toAbsoluteOffset: Int64(offset), bytes) } catch {
            throw Self.failed("write to a file", error)
        }
    }

    private static func failed(_ action: String, _ error: any Error) -> LiveError {
        .host(action: action, errno: (error as? Errno)?.rawValue ?? EIO)
    }
}
