// swift-tools-version: 6.1
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

// Tests are built in release mode because the library is. Their own code gains nothing from the optimizer, which
// spends more time on it than on all the rest.
let tests: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"])]

func hasHeader(_ name: String) -> Bool {
    ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu", "/usr/local/include"]
        .contains { FileManager.default.fileExists(atPath: "\($0)/\(name)") }
}

// Backtraces need libunwind; without it the C core builds all the same, and its reports say that they have none.
let hasLibunwind = hasHeader("libunwind.h")

// Names of functions that are not exported, and source lines, need libdw of elfutils.
let hasLibdw = hasHeader("elfutils/libdwfl.h")

// The shell's lines are edited by libedit; without it they are read as they come.
let hasLibedit = hasHeader("editline/readline.h")

// `faultline trace` reads traces that gzip and zstd compressed; without these libraries it says what to do instead.
let hasZlib = hasHeader("zlib.h")
let hasZstd = hasHeader("zstd.h")

let package = Package(
    name: "Faultline",
    products: [
        .library(name: "Faultline", targets: ["Faultline"]),
        .library(name: "FaultlineScenario", targets: ["FaultlineScenario"]),
        .library(name: "FaultlineInspect", targets: ["FaultlineInspect"]),
        .library(name: "FaultlineTrace", targets: ["FaultlineTrace"]),
        .library(name: "FaultlineWindow", targets: ["FaultlineWindow"]),
        .library(name: "FaultlineCallSites", targets: ["FaultlineCallSites"]),
        // The C library: `make install` installs it as libfaultline.so.
        .library(name: "FaultlineC", type: .dynamic, targets: ["FaultlineC"]),
        .executable(name: "faultline", targets: ["FaultlineCommand"]),
        .executable(name: "faultline-bench", targets: ["faultline-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.4.0"),
    ],
    targets: [
        .target(
            name: "CShim",
            path: "CShim",
            publicHeadersPath: "include",
            cSettings: hasLibunwind ? [.define("FL_WITH_LIBUNWIND")] : [],
            linkerSettings: hasLibunwind ? [.linkedLibrary("unwind")] : []
        ),
        .target(
            name: "CWindow", dependencies: ["CShim"], path: "CWindow", publicHeadersPath: "include",
            // What imports the Swift library's own shims of the C library needs its mathematics too.
            linkerSettings: [.linkedLibrary("m")]
        ),
        .target(name: "CHost", dependencies: ["CShim"], path: "CHost", publicHeadersPath: "include"),
        .target(name: "CExec", path: "CExec", publicHeadersPath: "include"),
        .target(
            name: "Faultline",
            dependencies: [
                "CShim",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            exclude: ["README.md"],
            swiftSettings: strict
        ),
        .target(name: "FaultlineScenario", dependencies: ["Faultline"], swiftSettings: strict),
        .target(
            name: "FaultlineWindow", dependencies: ["CShim", "CWindow", "Faultline", "FaultlineCallSites"],
            swiftSettings: strict),
        .target(name: "FaultlineInspect", dependencies: ["Faultline"], swiftSettings: strict),
        .target(name: "FaultlineTrace", dependencies: ["Faultline", "FaultlineInspect"], swiftSettings: strict),
        .target(
            name: "FaultlineReport",
            dependencies: ["Faultline", "FaultlineScenario", "FaultlineInspect", "FaultlineTrace"],
            resources: [.embedInCode("Resources")],
            swiftSettings: strict
        ),
        .target(
            name: "CSymbols",
            cSettings: hasLibdw ? [.define("FL_WITH_LIBDW")] : [],
            linkerSettings: hasLibdw ? [.linkedLibrary("dw")] : []
        ),
        .target(name: "FaultlineCallSites", dependencies: ["CShim", "CSymbols", "Faultline"], swiftSettings: strict),
        .target(name: "CFaultline"),
        .target(
            name: "FaultlineC",
            dependencies: [
                "CFaultline", "Faultline", "FaultlineCallSites", "FaultlineInspect", "FaultlineWindow",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "FaultlineHost",
            dependencies: [
                "CHost", "CShim", "Faultline", "FaultlineScenario", "FaultlineInspect",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "CLineEditor",
            cSettings: hasLibedit ? [.define("FL_WITH_LIBEDIT")] : [],
            linkerSettings: hasLibedit ? [.linkedLibrary("edit")] : []
        ),
        .target(
            name: "CDecompress",
            cSettings: (hasZlib ? [.define("FL_WITH_ZLIB")] : []) + (hasZstd ? [.define("FL_WITH_ZSTD")] : []),
            linkerSettings: (hasZlib ? [.linkedLibrary("z")] : []) + (hasZstd ? [.linkedLibrary("zstd")] : [])
        ),
        .target(
            name: "FaultlineExec",
            dependencies: ["CExec", "CShim", "Faultline", "FaultlineCallSites", "FaultlineHost", "FaultlineInspect"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FaultlineCommand",
            dependencies: [
                "CDecompress", "CLineEditor", "Faultline", "FaultlineScenario", "FaultlineInspect", "FaultlineHost",
                "FaultlineReport", "FaultlineExec", "FaultlineTrace",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .target(name: "CBench", dependencies: ["CShim"]),
        .executableTarget(
            name: "faultline-bench",
            dependencies: [
                "CBench", "CShim", "Faultline", "FaultlineInspect", "FaultlineScenario", "FaultlineWindow",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "CShimTests", dependencies: ["CHost", "CShim"], swiftSettings: tests),
        // Optimized in every build, so that each function has the frame that its test expects.
        .target(name: "CCallChainCode", path: "Tests/CCallChainCode", cSettings: [.unsafeFlags(["-O2", "-g"])]),
        .testTarget(
            name: "FaultlineCallSitesTests",
            dependencies: ["CCallChainCode", "CShim", "FaultlineCallSites"],
            swiftSettings: tests
        ),
        .testTarget(name: "FaultlineCTests", dependencies: ["CFaultline", "FaultlineC"], swiftSettings: tests),
        .testTarget(
            name: "FaultlineTests",
            dependencies: ["Faultline"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "FaultlineScenarioTests",
            dependencies: ["Faultline", "FaultlineScenario", "FaultlineHost"],
            exclude: ["Recordings"],
            swiftSettings: tests
        ),
        .executableTarget(
            name: "window-example", dependencies: ["Faultline", "FaultlineWindow"], path: "examples/window",
            swiftSettings: strict),
        .target(name: "WindowPrograms", path: "Tests/WindowPrograms"),
        .testTarget(
            name: "FaultlineWindowTests",
            dependencies: [
                "CShim", "CWindow", "Faultline", "FaultlineCallSites", "FaultlineHost", "FaultlineScenario",
                "FaultlineWindow",
                "WindowPrograms", "window-example",
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "FaultlineTraceTests", dependencies: ["Faultline", "FaultlineInspect", "FaultlineTrace"],
            swiftSettings: tests),
        .testTarget(
            name: "FaultlineInspectTests", dependencies: ["Faultline", "FaultlineInspect", "FaultlineScenario"],
            swiftSettings: tests),
        .target(name: "SampleTexts", path: "Tests/SampleTexts", swiftSettings: tests),
        .testTarget(
            name: "FaultlineReportTests",
            dependencies: ["Faultline", "FaultlineInspect", "FaultlineReport", "FaultlineScenario", "SampleTexts"],
            swiftSettings: tests),
        .testTarget(
            name: "FaultlineCommandTests",
            dependencies: [
                "FaultlineCallSites", "FaultlineCommand", "FaultlineInspect", "FaultlineReport", "FaultlineScenario",
                "FaultlineTrace", "SampleTexts",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Snapshots"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "FaultlineHostTests",
            dependencies: ["CHost", "CShim", "Faultline", "FaultlineHost", "FaultlineInspect", "FaultlineScenario"],
            swiftSettings: tests
        ),
    ]
)
