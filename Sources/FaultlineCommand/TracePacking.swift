import Faultline
import FaultlineTrace
import Glibc

/// `faultline trace --pack`: a trace in Faultline's own form.
enum TracePacking {
    /// Writes all of a trace. What was written of a trace that turns out to be wrong is removed.
    ///
    /// - Throws: ``TraceError``; `CommandFailure` where the file cannot be written.
    static func write(_ stream: TraceStream, to path: String, skipsStrange: Bool) throws {
        stream.skipsStrange = skipsStrange
        let isOutput = path == "-"
        let descriptor = isOutput ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { if !isOutput { close(descriptor) } }
        do {
            try PackedTrace.magic.withUnsafeBytes { try HostFiles.write($0, to: descriptor) }
            while try stream.next() {
                try stream.accesses.withUnsafeBytes { bytes in
                    // The words lie in memory as the file has them, on a little-endian host.
                    try HostFiles.write(
                        UnsafeRawBufferPointer(rebasing: bytes.prefix(stream.count * 8)), to: descriptor)
                }
            }
        } catch {
            if !isOutput { unlink(path) }
            if let failure = error as? SystemFailure { throw CommandFailure("cannot write \(path): \(failure)") }
            throw error
        }
    }
}
