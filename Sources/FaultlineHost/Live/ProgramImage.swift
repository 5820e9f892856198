import Faultline
import FaultlineInspect
import FaultlineScenario
import Glibc

/// A program file of this machine with the interpreter that it names, or the one that runs a script.
public struct ProgramImage: Sendable {
    /// The program.
    public let program: ELFImage
    /// Its interpreter; nil for a static program.
    public let interpreter: ELFImage?
    /// The scripts that led to the program; for ``Execution/scripts``.
    public let scripts: [ScriptLine]
    /// Whether it runs as its file's user or group; the kernel then takes away ADDR_NO_RANDOMIZE (`bprm_fill_uid`).
    public let setsID: Bool
    /// Those of the files and of the directories that lead to them.
    public let permissions: [FilePermissions]

    /// Reads and parses the files; they are named by their real paths, as maps names them.
    ///
    /// - Throws: ``LiveError`` for a file that cannot be read or executed, ``ELFError`` for one that cannot be loaded.
    public init(path: String) throws {
        var scripts: [ScriptLine] = []
        var file = try Self.read(path)
        var last = path
        var names = [file.name]
        // exec_binprm.
        while let script = try ScriptLine(file: file.name, head: Array(file.bytes.prefix(ScriptLine.headSize))) {
            scripts.append(script)
            last = try Self.path(script.interpreter, file.name)
            file = try Self.readNamed(last, by: file.name)
            names.append(file.name)
            if scripts.count > ScriptLine.limit {
                throw ELFError(
                    file: path, field: "the number of scripts that lead to a program", value: UInt64(scripts.count),
                    rule: "at most \(ScriptLine.limit) may", errno: .ELOOP)
            }
        }
        program = try ELFImage(name: file.name, bytes: file.bytes)
        let name = file.name
        interpreter = try program.interpreter.map { path in
            let file = try Self.readNamed(path, by: name)
            names.append(file.name)
            return try ELFImage(name: file.name, bytes: file.bytes, as: .interpreter)
        }
        self.scripts = scripts
        setsID = Self.setsID(last)
        permissions = Set(names.flatMap(Self.pathsLeading(to:))).map(Self.permissions)
    }

    /// `open_exec`, for which an empty path is the current directory.
    private static func readNamed(_ path: String, by file: String) throws -> (name: String, bytes: [UInt8]) {
        if path.isEmpty {
            throw LiveError.unsupported(
                "\(file) names an empty path, which is a directory (EACCES); name the program that is to run")
        }
        return try read(path)
    }

    /// What execve of the path leads to, for `SimulatorExecutor.findProgram`: what cannot be opened is an `Errno`.
    public static func files(_ path: String) throws -> ProgramFiles {
        do {
            let image = try ProgramImage(path: path)
            return ProgramFiles(
                program: image.program, interpreter: image.interpreter, scripts: image.scripts,
                permissions: image.permissions)
        } catch let error as LiveError {
            switch error {
            case .host(_, let number): throw Errno(rawValue: number) ?? .EIO
            case .unsupported: throw Errno.EACCES
            default: throw error
            }
        }
    }

    private static func read(_ path: String) throws -> (name: String, bytes: [UInt8]) {
        guard let real = realpath(path, nil) else { throw LiveError.host(action: "open \(path)", errno: errno) }
        defer { free(real) }
        guard let name = String(validatingCString: real) else {
            throw LiveError.unsupported("\(path): its real path is not UTF-8; give a copy another name")
        }
        try checkExecutable(name)
        do { return (name, try HostFile(name).contents()) } catch LiveError.host(_, let number) {
            throw LiveError.host(action: "read \(name)", errno: number)
        }
    }

    private static func path(_ bytes: [UInt8], _ file: String) throws(LiveError) -> String {
        if let path = String(validating: bytes, as: UTF8.self) { return path }
        throw .unsupported("\(file): the path of the line #! is not UTF-8; write one that is")
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

    /// A real path and those of the directories above it.
    private static func pathsLeading(to path: String) -> [String] {
        let parts = path.split(separator: "/")
        return (0...parts.count).map { "/" + parts[..<$0].joined(separator: "/") }
    }

    private static func permissions(_ path: String) -> FilePermissions {
        var status = stat()
        guard stat(path, &status) == 0 else { return FilePermissions(owner: 0, group: 0, mode: 0) }
        return FilePermissions(
            owner: status.st_uid, group: status.st_gid, mode: UInt16(truncatingIfNeeded: status.st_mode & 0o777))
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
