import Foundation
import Testing

@testable import FaultlineCommand

/// What `make install` puts where, and what the manual is made of.
@Suite("Installing the command") struct InstallTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let library = CommandRun.tool.deletingLastPathComponent().appending(path: "libFaultlineC.so")
    /// The argument parser's generator, where it was built beside the tests.
    private static let generator = CommandRun.tool.deletingLastPathComponent().appending(path: "generate-manual")

    private func install<Result>(_ pages: [String: String], _ body: (URL, CommandRun) throws -> Result) throws -> Result
    {
        try CommandRun.withFolder(pages) { folder in
            let script = Self.root.appending(path: ".ci/install").path
            let line = "'\(script)' '\(Self.library.path)' '\(folder.path)/place' \"$F\" ."
            return try body(folder.appending(path: "place"), try CommandRun(shell: line, in: folder))
        }
    }

    @Test("the command, its manual and the completions of three shells are where shells and man look")
    func places() throws {
        try install(["faultline.1": "page\n", "faultline.run.1": "page\n"]) { place, run in
            #expect(run.status == 0, "\(run.transcript)")
            let installed = try CommandRun(shell: "'\(place.path)/bin/faultline' --version", in: place)
            #expect(installed.output.hasPrefix("faultline ") && installed.status == 0)
            let text = { (path: String) in
                try String(contentsOf: place.appending(path: "share/" + path), encoding: .utf8)
            }
            for page in ["faultline.1", "faultline.run.1"] { #expect(try text("man/man1/" + page) == "page\n") }
            #expect(
                try text("bash-completion/completions/faultline").contains(
                    "complete -o filenames -F _faultline faultline"))
            #expect(try text("zsh/site-functions/_faultline").hasPrefix("#compdef faultline"))
            #expect(try text("fish/vendor_completions.d/faultline.fish").contains("complete -c 'faultline'"))
        }
    }

    @Test("a folder without pages is an error that names it, and nothing is installed")
    func noPages() throws {
        try install([:]) { place, run in
            #expect(run.status == 1 && run.errors.contains("no page of the manual"))
            #expect(!FileManager.default.fileExists(atPath: place.path))
        }
    }

    @Test("--version names the tool and the kernel that is modelled")
    func version() throws {
        let run = try CommandRun.withFolder([:]) { try CommandRun(["--version"], in: $0) }
        #expect(run.status == 0)
        #expect(run.output.wholeMatch(of: /faultline [0-9]+\.[0-9]+, which models Linux 6\.[0-9]+\.[0-9]+\n/) != nil)
    }

    /// A command as `--experimental-dump-help` tells of it.
    private struct Command: Decodable {
        struct Argument: Decodable {
            let valueName, abstract, discussion: String?
        }
        let commandName: String
        let abstract: String?
        let subcommands: [Command]?
        let arguments: [Argument]?

        /// It and those below it.
        var all: [Command] { [self] + (subcommands ?? []).flatMap(\.all) }
    }

    private struct Tool: Decodable {
        let command: Command
    }

    private func dump() throws -> Command {
        let run = try CommandRun.withFolder([:]) { try CommandRun(["--experimental-dump-help"], in: $0) }
        return try JSONDecoder().decode(Tool.self, from: Data(run.output.utf8)).command
    }

    @Test("every command, option and argument has a sentence that a page of the manual can show")
    func everythingIsExplained() throws {
        let commands = try dump().all
        #expect(commands.count > FaultlineTool.configuration.subcommands.count)
        // The parser's own 'help' says nothing of its arguments.
        for command in commands where command.commandName != "help" {
            #expect(command.abstract?.isEmpty == false, "\(command.commandName)")
            for argument in command.arguments ?? [] {
                #expect(argument.abstract?.isEmpty == false, "\(command.commandName) \(argument.valueName ?? "")")
            }
        }
    }

    @Test(
        "the manual has a page for each command, which groff sets without a complaint",
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: generator.path),
            "the argument parser's generator was not built: `swift build --product generate-manual`, and this test runs"
        ))
    func pages() throws {
        let names = try dump().subcommands?.map(\.commandName) ?? []
        try CommandRun.withFolder([:]) { folder in
            let line = "'\(Self.generator.path)' \"$F\" --multi-page --date 2026-01-01 --output-directory ."
            #expect(try CommandRun(shell: line, in: folder).status == 0)
            for name in names {
                let page = folder.appending(path: "faultline.\(name).1")
                #expect(try String(contentsOf: page, encoding: .utf8).contains(".Dt FAULTLINE"), "\(name)")
            }
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
            let groff = try CommandRun(
                shell: "for page in *.1; do groff -man -mdoc -Tutf8 $page >/dev/null || exit 1; done", in: folder)
            #expect(groff.status == 0)
        }
    }
}
