import Glibc

/// Notes for the user, kept apart from the output proper.
enum StandardError {
    /// Writes a line. Where nobody takes it (a closed descriptor, a full disk), the command goes on without it.
    static func write(_ line: String) { writeText(line + "\n") }

    /// Writes a text as it is.
    static func writeText(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // SAFETY: write reads within the slice.
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Keeps the number of a closed standard input or error from the files that are opened later: what is written as a note
    /// would go into one of them.
    static func occupyClosedDescriptors() {
        for descriptor in [STDIN_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            let null = open("/dev/null", O_RDWR)
            if null >= 0, null != descriptor {
                dup2(null, descriptor)
                close(null)
            }
        }
    }
}
