import Foundation
import Testing

/// One run of the command `faultline` as a process of its own, through the shell, so that descriptors and signals are real.
struct CommandRun {
    let status: Int32
    /// Whether a signal ended it; `status` is then the signal's number.
    let wasSignalled: Bool
    let output: String
    let errors: String

    /// The command that was built beside the tests.
    static let tool = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "faultline")

    /// Runs a line of the shell in a folder; `faultline` in it is `$F`.
    init(shell line: String, in folder: URL) throws {
        try self.init("/bin/sh", ["-c", line], in: folder)
    }

    /// Runs `faultline` with arguments in a folder.
    init(_ arguments: [String], in folder: URL) throws {
        try self.init(Self.tool.path, arguments, in: folder)
    }

    private init(_ path: String, _ arguments: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["F": Self.tool.path, "PATH": "/usr/bin:/bin", "COLUMNS": "100"]
        process.standardInput = FileHandle.nullDevice
        let files = ["output", "errors"].map { folder.appending(path: ".\($0)-\(UUID().uuidString)") }
        for file in files { try Data().write(to: file) }
        let handles = try files.map { try FileHandle(forWritingTo: $0) }
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        wasSignalled = process.terminationReason == .uncaughtSignal
        output = String(decoding: try Data(contentsOf: files[0]), as: UTF8.self)
        errors = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
        for (file, handle) in zip(files, handles) {
            try handle.close()
            try FileManager.default.removeItem(at: file)
        }
    }

    /// A folder with files in it, for the time of `body`.
    static func withFolder<Result>(_ files: [String: String], _ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return try body(folder)
    }

    /// Everything that a user sees, as a snapshot keeps it.
    var transcript: String {
        var text = output
        if !errors.isEmpty { text += "--- standard error\n" + errors }
        if status != 0 || wasSignalled { text += "--- \(wasSignalled ? "signal" : "status") \(status)\n" }
        return text
    }
}
