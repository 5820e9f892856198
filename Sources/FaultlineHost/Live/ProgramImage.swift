import Faultline
import FaultlineInspect
import Glibc

/// A program file of this machine with the interpreter that it names.
public struct ProgramImage: Sendable {
    /// The program.
    public let program: ELFImage
    /// Its interpreter; nil for a static program.
    public let interpreter: ELFImage?
    /// Whether it runs as its file's user or group; the kernel then takes away ADDR_NO_RANDOMIZE (`bprm_fill_uid`).
    public let setsID: Bool

    /// Reads and parses both files; they are named by their real paths, as maps names them.
    ///
    /// - Throws: ``LiveError`` for a file that cannot be read or executed, ``ELFError`` for one that cannot be loaded.
    public init(path: String) throws {
        program = try Self.read(path)
        setsID = Self.setsID(path)
        interpreter = try program.interpreter.map(Self.read)
    }

    private static func read(_ path: String) throws -> ELFImage {
        guard let real = realpath(path, nil) else { throw LiveError.host(action: "open \(path)", errno: errno) }
        defer { free(real) }
        let name = String(cString: real)
        try checkExecutable(name)
        let bytes: [UInt8]
        do { bytes = try HostFile(name).contents() } catch LiveError.host(_, let number) {
            throw LiveError.host(action: "read \(name)", errno: number)
        }
        return try ELFImage(name: name, bytes: bytes)
    }

    /// As execve(2) does (`do_open_execat`): a regular file that somebody may execute; root needs no more.
    private static func checkExecutable(_ name: String) throws(LiveError) {
        guard let mode = mode(name) else { throw .host(action: "open \(name)", errno: errno) }
        guard mode & S_IFMT == S_IFREG else {
            throw .unsupported("\(name) is no regular file, so it cannot be executed (EACCES); name a program")
        }
        guard mode & 0o111 != 0 else {
            throw .unsupported("\(name) may not be executed (EACCES); give a copy of it the permission: chmod +x")
        }
    }

    private static func setsID(_ path: String) -> Bool {
        guard let mode = mode(path) else { return false }
        return mode & S_ISUID != 0 || (mode & S_ISGID != 0 && mode & S_IXGRP != 0)
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
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
