import Foundation
import Testing

/// C and C++ programs against the installed library: headers, pkg-config file, every call.
@Suite(
    .serialized,
    .enabled(
        if: InstalledLibrary.has("cc") && InstalledLibrary.has("c++") && InstalledLibrary.has("pkg-config"),
        "needs cc, c++ and pkg-config"))
struct CProgramTests {
    @Test(
        "the calls do what they say, from C11 and from C++17",
        arguments: ["calls", "misuse", "windows"], ["cc -std=gnu11", "c++ -std=gnu++17 -x c++"])
    func program(_ name: String, _ compiler: String) throws {
        try InstalledLibrary.with { library in
            let source = "Tests/CAPI/\(name).c" + (compiler.hasSuffix("c++") ? " -x none" : "")
            let run = try library.run(source, compiler)
            #expect(run.status == 0 && run.output == "\(name): all is well\n", "\(run.output)")
        }
    }

    @Test("the headers are strict C11 and C++17", arguments: ["cc -std=c11 -x c", "c++ -std=c++17 -x c++"])
    func strict(_ compiler: String) throws {
        let run = try InstalledLibrary.Run(
            "/bin/sh",
            [
                "-c",
                "echo '#include <faultline.h>' | \(compiler) -Wall -Wextra -pedantic -Werror -ISources/CFaultline/include -c - -o /dev/null",
            ], in: InstalledLibrary.root)
        #expect(run.status == 0, "\(run.output)")
    }

    @Test("the example in C counts the faults of a tree, and those of a child's copy")
    func tree() throws {
        try InstalledLibrary.with { library in
            let run = try library.run("examples/c/tree.c", "cc -std=c11")
            #expect(run.status == 0, "\(run.output)")
            let lines = run.output.split(separator: "\n")
            #expect(lines.contains("sum of 1000 keys: 499500"))
            #expect(
                lines.contains { $0.hasPrefix("the root's key: ") && $0.hasSuffix("for the parent, -1 for the child") })
            #expect(lines.contains("faults by call site") && lines.contains { $0.contains("insert") }, "\(run.output)")
        }
    }

    @Test("the example in C++ keeps containers in simulated memory")
    func containers() throws {
        try InstalledLibrary.with { library in
            let run = try library.run("examples/c/pmr.cpp", "c++ -std=c++17")
            #expect(run.status == 0, "\(run.output)")
            func kib(_ when: String) -> Int? {
                run.output.split(separator: "\n").first { $0.hasPrefix(when) }?.split(separator: " ").dropLast().last
                    .flatMap { Int($0) }
            }
            let (reserved, filled) = (try #require(kib("reserved 4 MiB")), try #require(kib("filled 4 MiB")))
            #expect(filled - reserved == 4096, "\(run.output)")
            let (words, without) = (try #require(kib("a map of 10,000 words")), try #require(kib("without the words")))
            #expect(words > filled && without < words, "\(run.output)")
        }
    }
}
