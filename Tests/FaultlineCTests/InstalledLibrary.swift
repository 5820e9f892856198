import Foundation
import Testing

/// The C library as `make install` installs it, in a folder of the test's own, and the compilers of this machine.
struct InstalledLibrary {
    let prefix: URL
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Beside the test program.
    private static let built = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "libFaultlineC.so")

    static func has(_ program: String) -> Bool {
        ["/usr/bin/", "/usr/local/bin/", "/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + program)
        }
    }

    /// Installs it. `body` is called while it is there.
    static func with<Result>(_ body: (InstalledLibrary) throws -> Result) throws -> Result {
        let prefix = FileManager.default.temporaryDirectory.appending(path: "faultline-c-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: prefix) }
        let run = try Run(".ci/install", [built.path, prefix.path], in: root)
        try #require(run.status == 0, "\(run.output)")
        return try body(InstalledLibrary(prefix: prefix))
    }

    /// Builds a program from one source, as its reader would, and runs it.
    func run(_ source: String, _ compiler: String) throws -> Run {
        let program = prefix.appending(path: UUID().uuidString).path
        let build = try Run(
            "/bin/sh",
            [
                "-c",
                "\(compiler) -Wall -Wextra -pedantic -Werror -g \(source) $(pkg-config --cflags --libs faultline) -o \(program)",
            ],
            in: Self.root, ["PKG_CONFIG_PATH": prefix.appending(path: "lib/pkgconfig").path])
        guard build.status == 0 else { return build }
        return try Run(program, [], in: prefix)
    }

    /// A run of a program: its status (a signal's number less 1000) and all that it wrote.
    struct Run {
        let status: Int32
        let output: String

        init(_ path: String, _ arguments: [String], in folder: URL, _ environment: [String: String] = [:]) throws {
            let process = Process()
            process.executableURL =
                path.hasPrefix("/") ? URL(filePath: path) : folder.appending(path: path)
            process.arguments = arguments
            process.currentDirectoryURL = folder
            process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"].merging(environment) { $1 }
            let pipe = Pipe()
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let text = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            output = String(decoding: text, as: UTF8.self)
            status = process.terminationReason == .exit ? process.terminationStatus : process.terminationStatus - 1000
        }
    }
}
