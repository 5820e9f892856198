import CHost
import Foundation

/// An emulator of the whole machine, whose own page walk is an oracle that no processor of the host has a part in.
///
/// It boots the guest of `emulator_guest.h` with a batch of accesses in its memory; the guest's results come through its
/// standard output.
struct Emulator {
    /// What went wrong with it.
    enum Failure: Error {
        case cannotStart(String)

        /// It ended, or said nothing for so long, before all results were there.
        case stopped(got: Int, of: Int, said: String)
    }

    /// What it has, from the CPUID of its processor.
    struct Features {
        var physicalBits: UInt64
        var hasNX, hasGigabytePages, hasSMEP, hasSMAP, hasKeys: Bool
    }

    /// No results for so many seconds, on a machine however busy, mean that there will be none.
    private static let patience = 300

    /// The emulators that are known.
    enum Kind: String, CaseIterable {
        case qemu = "qemu-system-x86_64"
        case bochs

        var name: String { self == .qemu ? "QEMU TCG" : "Bochs" }

        /// Where it is installed.
        var path: String? {
            guard fl_emulator_guest_exists() else { return nil }
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            return folders.map { "\($0)/\(rawValue)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        fileprivate var arguments: [String] {
            switch self {
            // Of the vendors QEMU ignores bit 8 of a PML4 entry as Intel does; AMD reserves it (APM vol. 2, 5.3.3).
            case .qemu:
                [
                    "-accel", "tcg", "-cpu", "max,vendor=GenuineIntel", "-m", "32", "-nodefaults", "-display", "none",
                    "-no-reboot", "-bios", "rom", "-debugcon", "stdio",
                ]
            case .bochs: ["-q", "-f", "configuration", "-rc", "commands"]
            }
        }
    }

    let kind: Kind
    private let executable: String
    private let folder: URL
    private let romEnd: [UInt8]

    /// Nil where it is not installed.
    init?(_ kind: Kind) throws {
        guard let path = kind.path else { return nil }
        self.kind = kind
        executable = path
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var end = [UInt8](repeating: 0, count: Int(FL_EMULATOR_ROM_BYTES - FL_EMULATOR_BATCH_BYTES))
        fl_emulator_write_rom(&end)
        romEnd = end
        try Data(count: 512).write(to: folder.appendingPathComponent("screen"))
        // Debian builds Bochs with its debugger, which waits for a command.
        try Data("continue\n".utf8).write(to: folder.appendingPathComponent("commands"))
        try Data(Emulator.bochsConfiguration.utf8).write(to: folder.appendingPathComponent("configuration"))
    }

    /// Removes its files.
    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// Boots, makes the accesses of the batch, and returns what came of them.
    func run(_ batch: EmulatorBatch) throws -> EmulatorResults {
        precondition(batch.bytes.count <= Int(FL_EMULATOR_BATCH_BYTES), "a batch fits into the ROM")
        let padding = [UInt8](repeating: 0, count: Int(FL_EMULATOR_BATCH_BYTES) - batch.bytes.count)
        try Data(batch.bytes + padding + romEnd).write(to: folder.appendingPathComponent("rom"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.currentDirectoryURL = folder
        process.arguments = kind.arguments
        let (output, errors) = (Pipe(), folder.appendingPathComponent("errors"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: errors)
        do { try process.run() } catch { throw Failure.cannotStart("\(executable): \(error)") }
        defer {
            // It has nothing that it must write back.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let descriptor = output.fileHandleForReading.fileDescriptor
        Emulator.skipBanner(descriptor)
        let bytes = Emulator.read(batch.resultBytes, from: descriptor)
        guard bytes.count == batch.resultBytes else {
            let said = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            throw Failure.stopped(got: bytes.count, of: batch.resultBytes, said: String(said.suffix(2000)))
        }
        return EmulatorResults(bytes: bytes, batch: batch)
    }

    /// Reads up to the guest's signature: Bochs writes a banner of its own before it.
    private static func skipBanner(_ descriptor: Int32) {
        let signature = Array(FL_EMULATOR_SIGNATURE.utf8)
        var matched = 0
        while matched < signature.count {
            let next = read(1, from: descriptor)
            guard let byte = next.first else { return }
            matched = byte == signature[matched] ? matched + 1 : byte == signature[0] ? 1 : 0
        }
    }

    /// Reads so many bytes, or what there is when no more come.
    private static func read(_ count: Int, from descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(patience) * 1000) > 0 else { break }
            let part = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + got, count - got) }
            guard part > 0 else { break }
            got += part
        }
        return Array(bytes.prefix(got))
    }
}

extension Emulator {
    /// A processor with protection keys, and no firmware, disk or window. Debian's Bochs has no display that is none; the one
    /// by network waits for nobody.
    fileprivate static let bochsConfiguration = """
        config_interface: textconfig
        display_library: rfb, options="timeout=0"
        cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0
        memory: guest=32, host=32
        romimage: file=rom, address=0x\(String(FL_EMULATOR_BATCH, radix: 16))
        vgaromimage: file=screen
        port_e9_hack: enabled=1
        clock: sync=none
        log: log
        panic: action=fatal

        """
}

extension Emulator.Features {
    /// From what the guest tells at its start.
    init(_ results: EmulatorResults) {
        let words = results.features.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        self.init(
            physicalBits: UInt64(words[3] & 0xff), hasNX: words[2] >> 20 & 1 != 0,
            hasGigabytePages: words[2] >> 26 & 1 != 0, hasSMEP: words[0] >> 7 & 1 != 0,
            hasSMAP: words[0] >> 20 & 1 != 0, hasKeys: words[1] >> 3 & 1 != 0)
    }
}
