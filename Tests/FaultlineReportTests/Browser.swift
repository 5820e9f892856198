import Foundation
import Testing

/// Headless Chromium, where this machine has it (`make test` installs Debian's where it can).
enum Browser {
    /// The program; nil where there is none.
    static let program: String? = {
        for name in ["chromium", "chromium-browser", "google-chrome"] {
            for folder in ["/usr/bin", "/usr/local/bin", "/snap/bin"] {
                let path = folder + "/" + name
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        return nil
    }()

    /// Opens a page of a folder and returns the document that its scripts made.
    static func document(_ file: URL, fragment: String = "", width: Int = 1400) throws -> String {
        let folder = file.deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: program ?? "chromium")
        process.arguments = [
            // The page is our own, and root has no sandbox.
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--user-data-dir=\(folder.appending(path: "profile").path)", "--window-size=\(width),1200",
            "--virtual-time-budget=20000", "--dump-dom", "file://\(file.path)\(fragment)",
        ]
        let output = folder.appending(path: "document.html")
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try handle.close()
        return try String(contentsOf: output, encoding: .utf8)
    }

    /// What checks that are put into a page leave in it.
    static func findings(_ page: String, _ walker: String, fragment: String = "", width: Int = 1400) throws -> String {
        // A page without a script allows none.
        let open =
            page.contains("script-src")
            ? page
            : page.replacing("default-src 'none'; style", with: "script-src 'unsafe-inline'; style", maxReplacements: 1)
        let checked =
            open
            .replacing("<style>", with: PageChecks.listener + "<style>", maxReplacements: 1)
            .replacing("</body>", with: PageChecks.tools + walker + "</body>", maxReplacements: 1)
        let folder = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "page.html")
        try Data(checked.utf8).write(to: file)
        let dom = try document(file, fragment: fragment, width: width)
        let match = try #require(dom.firstMatch(of: #/<pre id="found">([^<]*)</pre>/#), "the page came to no end")
        return try #require(String(match.1).removingPercentEncoding)
    }
}
