import Faultline
import FaultlineInspect
import Glibc

/// A program file of this machine with the interpreter that it names.
public struct ProgramImage: Sendable {
    /// The program.
    public let program: ELFImage
    /// Its interpreter; nil for a static program.
    public let interpreter: ELFImage?

    /// Reads and parses both files; they are named by their real paths, as maps names them.
    ///
    /// - Throws: ``LiveError`` for a file that cannot be read, ``ELFError`` for one that cannot be loaded.
    public init(path: String) throws {
        program = try Self.read(path)
        interpreter = try program.interpreter.map(Self.read)
    }

    private static func read(_ path: String) throws -> ELFImage {
        guard let real = realpath(path, nil) else { throw LiveError.host(action: "open \(path)", errno: errno) }
        defer { free(real) }
        let name = String(cString: real)
        let bytes: [UInt8]
        do { bytes = try HostFile(name).contents() } catch LiveError.host(_, let number) {
            throw LiveError.host(action: "read \(name)", errno: number)
        }
        return try ELFImage(name: name, bytes: bytes)
    }

    /// Device and inode of a file of this machine, as maps shows them.
    public static func identity(_ path: String) -> MapsReader.FileIdentity {
        var status = stat()
        guard stat(path, &status) == 0 else { return .none }
        // As makedev(3) packs them; the macros that unpack them are not imported.
        let device = UInt64(status.st_dev)
        return MapsReader.FileIdentity(
            major: UInt32((device >> 8) & 0xfff), minor: UInt32((device & 0xff) | ((device >> 12) & 0xf_ff00)),
            inode: UInt64(status.st_ino))
    }
}
