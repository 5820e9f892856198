import Foundation
import Testing

/// A command that runs at a terminal of the test's own: a pseudo-terminal of some width.
struct PseudoTerminal {
    /// All that the command wrote to the terminal, with line ends as `\n`.
    let output: String
    let status: Int32

    /// Runs `faultline` with arguments; what is typed stands in `input`.
    init(
        _ arguments: [String], in folder: URL, columns: UInt16, environment: [String: String] = [:], input: String = ""
    ) throws {
        // As posix_openpt(3), unlockpt(3) and ptsname(3) do, which the Swift overlay does not show.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (locked, number) = (Int32(0), UInt32(0))
        guard master >= 0, ioctl(master, Self.setLock, &locked) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
            try Test.cancel("this machine gives no pseudo-terminal")
        }
        let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(terminal >= 0)
        var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
        let process = Process()
        process.executableURL = CommandRun.tool
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(environment) { $1 }
        let end = FileHandle(fileDescriptor: terminal, closeOnDealloc: false)
        process.standardInput = end
        process.standardOutput = end
        process.standardError = end
        try process.run()
        close(terminal)
        if !input.isEmpty { _ = input.withCString { write(master, $0, strlen($0)) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // The last end that is closed ends the reading with EIO.
        while true {
            let count = read(master, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        close(master)
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
    }

    /// TIOCSPTLCK and TIOCGPTN.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    /// The output without colours.
    var plain: String { output.replacing(/\u{1b}\[[0-9;]*m/, with: "") }
}
