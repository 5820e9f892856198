import Glibc

/// What the system says of a call that failed.
struct SystemFailure: Error, CustomStringConvertible {
    let code: Int32

    /// Of the last call.
    init() { code = errno }

    var description: String { String(cString: strerror(code)) }
}

/// Files of this machine, by plain system calls: the command starts in a fraction of the time without Foundation.
enum HostFiles {
    /// What is there.
    enum Kind {
        case folder, other
    }

    /// What a path leads to; nil where nothing is there.
    static func kind(_ path: String) -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .other
    }

    /// Whether a program may be run, as access(2) says.
    static func isExecutable(_ path: String) -> Bool { kind(path) == .other && access(path, X_OK) == 0 }

    /// The environment's value of a name.
    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Where paths begin that do not begin with a slash; empty where it is gone.
    static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The last name of a path.
    static func lastName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The next bytes of a descriptor are appended.
    ///
    /// - Returns: how many; 0 at the end.
    static func read(_ descriptor: Int32, atMost count: Int, onto bytes: inout [UInt8]) throws -> Int {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        var got = -1
        repeat {
            got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + start, count) }
        } while got < 0 && errno == EINTR
        let failure = SystemFailure()
        bytes.removeLast(count - max(got, 0))
        if got < 0 { throw failure }
        return got
    }

    /// Writes all of some bytes.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: write reads within the slice.
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { throw SystemFailure() }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes a file anew.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw SystemFailure() }
        try store(bytes, descriptor)
    }

    /// Writes and closes.
    private static func store(_ bytes: [UInt8], _ descriptor: Int32) throws {
        do {
            try bytes.withUnsafeBytes { try write($0, to: descriptor) }
        } catch {
            close(descriptor)
            throw error
        }
        if close(descriptor) != 0 { throw SystemFailure() }
    }

    /// Writes a file anew, which stays as it was until all is written. What is no file of its own (a pipe, a terminal) is written as it is.
    static func replace(_ path: String, with bytes: [UInt8]) throws {
        var status = stat()
        let isThere = stat(path, &status) == 0
        if isThere, status.st_mode & S_IFMT != S_IFREG { return try write(bytes, to: path) }
        // The file that a link leads to is replaced, not the link.
        var target = path
        if isThere, let real = realpath(path, nil) {
            target = String(cString: real)
            free(real)
        }
        var name = Array((target + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        if descriptor < 0 { throw SystemFailure() }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let mask = umask(0)
        umask(mask)
        fchmod(descriptor, isThere ? status.st_mode & 0o7777 : 0o666 & ~mask)
        do {
            try store(bytes, descriptor)
            if rename(name, target) != 0 { throw SystemFailure() }
        } catch {
            unlink(name)
            throw error
        }
    }

    /// Makes a folder, and those above it.
    static func makeFolder(_ path: String) throws {
        if kind(path) == .folder { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        if path.last == "/" { return }
        if mkdir(path, 0o777) != 0 {
            let failure = SystemFailure()
            if kind(path) != .folder { throw failure }
        }
    }
}
