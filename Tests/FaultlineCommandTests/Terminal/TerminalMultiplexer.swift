import Foundation
import Testing

/// tmux, where this machine has it (`make test` installs Debian's where it can): a terminal whose screen a test reads.
struct TerminalMultiplexer {
    private static let program: String? = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether it is there.
    static let isThere = program != nil

    private let folder: URL

    /// The server goes on when the client has ended. What it would inherit are ends of pipes that others wait for.
    private static let closing = """
        for file in /proc/$$/fd/*; do
            number=${file##*/}
            if [ "$number" -gt 2 ]; then eval "exec $number>&-"; fi
        done
        exec "$0" "$@"
        """

    /// Starts a command line of the shell at a screen of a server of the test's own, and ends the server after `body`.
    static func with<Result>(
        _ line: String, files: [String: String], columns: Int = 100, rows: Int = 40,
        environment: [String: String] = [:],
        _ body: (TerminalMultiplexer) throws -> Result
    ) throws -> Result {
        try CommandRun.withFolder(files) { folder in
            let screen = TerminalMultiplexer(folder: folder)
            let variables = environment.map { "export \($0.key)='\($0.value)'; " }.joined()
            // What the command leaves on its screen can be read after its end.
            let command =
                "cd '\(folder.path)'; \(variables)F='\(CommandRun.tool.path)'; export F; \(line); echo ended with $?; cat"
            try screen.tmux(
                "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "/bin/sh", "-c", command)
            // `kill-server` is a SIGTERM that the server sends itself, and which it has blocked, as the tests have. When it is gone,
            // its terminals are, and what runs at them ends.
            let text = try screen.tmux("display-message", "-p", "#{pid}")
            let server = try #require(Int32(text.split(separator: "\n").first ?? ""))
            defer { kill(server, SIGKILL) }
            return try body(screen)
        }
    }

    /// Types keys, by tmux's names: `Enter`, `Tab`, `Up`, `C-a`; other words are typed as they are.
    func type(_ keys: String...) throws {
        for key in keys { try tmux("send-keys", "-t", "0", key) }
    }

    /// The screen's lines, without spaces at their ends.
    func screen(withColours: Bool = false) throws -> [String] {
        let text = try tmux(["capture-pane", "-p", "-t", "0"] + (withColours ? ["-e"] : []))
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// Waits until the screen fulfils a condition, and returns it. The limit is only there for a test that fails.
    func wait(_ what: String, until isThere: ([String]) -> Bool) throws -> [String] {
        var lines: [String] = []
        for _ in 0..<300 {
            lines = try screen()
            if isThere(lines) { return lines }
            usleep(50_000)
        }
        Issue.record("\(what) did not come; the screen:\n\(lines.joined(separator: "\n"))")
        throw CancellationError()
    }

    /// Waits until the last line with something on it is this one.
    @discardableResult
    func wait(forLast line: String) throws -> [String] {
        try wait("'\(line)'") { $0.last { !$0.isEmpty } == line }
    }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String { try tmux(arguments) }

    private func tmux(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments =
            ["-c", Self.closing, Self.program ?? "tmux", "-S", folder.appending(path: "socket").path] + arguments
        process.environment = ["PATH": "/usr/bin:/bin", "TERM": "screen-256color", "LC_ALL": "C.UTF-8"]
        let output = folder.appending(path: "screen-\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let handle = try FileHandle(forWritingTo: output)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        try handle.close()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        try #require(process.terminationStatus == 0, "tmux \(arguments.joined(separator: " ")): \(text)")
        return text
    }
}
