import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario
import Glibc

/// `faultline cat`: a file of /proc or /sys as the simulated machine has it at a line of a program.
struct CatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Run a program and print a file of /proc as it is then, byte for byte as the kernel does.",
        discussion: """
            PATH is such as /proc/init/smaps, with a process of the program, its process id or 'self' (which is init), or /proc/zoneinfo.
            For /proc/slabinfo and /sys/kernel/slab the machine charges the kernel's own records to slab caches (--sysctl kernel_objects=1).
            What the machine does not model is left out, and said on standard error.
            pagemap, kpagecount and kpageflags are shown as text, and with --raw as the words that the kernel has there.
            """)

    @OptionGroup var moment: MomentArguments

    @Argument(help: ArgumentHelp("The file to print.", valueName: "path"))
    var path: String

    @Flag(help: "Print the words of pagemap, kpagecount or kpageflags as the kernel has them, 8 bytes each.")
    var raw = false

    @Option(
        help: ArgumentHelp(
            "With --raw: the first page, as an address of pagemap such as p+4K, or a frame number of the others.",
            valueName: "expression"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "With --raw: how far, in bytes of memory for pagemap, in frames for the others.", valueName: "expression"))
    var length: String?

    func validate() throws {
        if !raw, from != nil || length != nil {
            throw ValidationError("--from and --length say what --raw prints: give it too")
        }
    }

    func run() throws {
        try moment.look(chargingKernelObjects: ProcFiles.showsKernelObjects(path)) { moment in
            let files = ProcFiles(moment.machine) { moment.executor.processName($0) }
            let content: ProcFiles.Content
            do { content = try files.read(path) } catch { throw CommandFailure("\(error)") }
            switch content {
            case .text(let text, let leftOut):
                if raw { throw ValidationError("--raw: \(path) is text") }
                Terminal.tell(text, as: .file)
                if !leftOut.isEmpty {
                    StandardError.write("\(path): not modelled, and left out: \(leftOut.joined(separator: ", "))")
                }
            case .words(let words):
                if raw { try write(words, moment) } else { Terminal.tell(words.text(), as: .file) }
            }
        }
    }

    /// Writes the words that were asked for.
    private func write(_ words: ProcFiles.Words, _ moment: Moment) throws {
        let unit: UInt64 = path.hasSuffix("/pagemap") ? PageSize.base : 1
        if length == nil, unit > 1 {
            throw ValidationError(
                "--raw: pagemap has \((words.count * 8) >> 30) GiB of words: give --from and --length")
        }
        let first = try from.map { try moment.value(of: $0, for: "--from") / unit } ?? 0
        let count = try length.map { (try moment.value(of: $0, for: "--length") + unit - 1) / unit } ?? words.count
        let end = min(first + min(count, words.count), words.count)
        var place = min(first, end)
        while place < end {
            let next = min(place + 4096, end)
            let bytes = (place..<next).flatMap { index in
                withUnsafeBytes(of: words.word(index).littleEndian) { Array($0) }
            }
            try bytes.withUnsafeBytes { try HostFiles.write($0, to: STDOUT_FILENO) }
            place = next
        }
    }
}
