import CExec
import Glibc

/// Programs that cannot run on simulated memory, found before they start.
enum ProgramFileCheck {
    /// - Throws: ``ExecError`` with the reason.
    static func require(_ path: String) throws(ExecError) {
        var facts = stat()
        if stat(path, &facts) != 0 { throw .cannotStart(path: path, errno: errno) }
        if facts.st_mode & S_IFMT != S_IFREG { throw .unsuitable(path: path, reason: "not a file that can be run") }
        if access(path, X_OK) != 0 { throw .cannotStart(path: path, errno: errno) }
        if let reason = privilege(path, facts.st_mode) { throw .unsuitable(path: path, reason: reason) }
        if let reason = format(path) { throw .unsuitable(path: path, reason: reason) }
    }

    private static func privilege(_ path: String, _ mode: mode_t) -> String? {
        if mode & (S_ISUID | S_ISGID) != 0 {
            return "set-user-ID and set-group-ID programs get no privileges while they are traced; run another program"
        }
        if fl_program_has_capabilities(path) {
            return "programs with file capabilities get none of them while they are traced; run another program"
        }
        return nil
    }

    /// Why the kernel, or the simulation, does not run a file of this kind.
    static func format(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &head, head.count)
        // The interpreter of a script is a program of its own.
        if count >= 2, head[0] == UInt8(ascii: "#"), head[1] == UInt8(ascii: "!") { return nil }
        guard count >= 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return "not a program (no ELF file)" }
        if head[4] != 2 { return "a 32-bit program: only 64-bit ones can run on simulated memory" }
        if head[18] != 62 || head[19] != 0 { return "not a program for x86-64" }
        return nil
    }
}
