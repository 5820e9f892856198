import CExec
import Faultline
import FaultlineHost
import FaultlineInspect
import Glibc

/// A program of the host that stands before its first instruction, as the simulated machine takes it over.
struct ProgramStart {
    /// `/proc/PID/exe`.
    let path: String
    private let capture: ProcessCapture
    private let heapStart: UInt64?
    /// Contents of the private pages that execve has made: stack, the rest of a page of data.
    private let contents: [(address: UInt64, bytes: [UInt8])]

    /// Reads what execve has made. The process is stopped and has no assistant yet.
    ///
    /// - Throws: ``ExecError``, `LiveError`, `MapsError`.
    init(process: Int32) throws {
        path = HostLink.target("/proc/\(process)/exe") ?? "?"
        capture = try ProcessCapture(process: process)
        heapStart = HostText.statField(process, 47)
        var contents: [(address: UInt64, bytes: [UInt8])] = []
        for area in capture.description.areas where !area.region.isTheKernels {
            for page in area.pages ?? [] where page.kind == .anonymous {
                var bytes = [UInt8](repeating: 0, count: 4096)
                // SAFETY: the copy stays within the bytes.
                let count = bytes.withUnsafeMutableBytes {
                    fl_tracee_read(process, page.address, $0.baseAddress!, 4096)
                }
                if count != 4096 { throw ExecError.host(action: "read the program's memory", errno: EIO) }
                contents.append((page.address, bytes))
            }
        }
        self.contents = contents
    }

    /// Where the first stack lies.
    var stack: Range<UInt64>? {
        capture.description.areas.last { $0.region.content == .stack }.map { $0.region.start..<$0.region.end }
    }

    /// Makes the process on the machine. - Returns: its index.
    ///
    /// - Throws: `Errno`.
    func make(on machine: Machine, files: HostFileCache, limits: ResourceLimits) throws(Errno) -> Int {
        var space = capture.description.space
        let fileAreas = capture.description.areas.filter { $0.region.isFile }
        space.regions = space.regions.filter { !$0.isFile && $0.end <= AddressSpaceLimit.taskSize }
        space.regions.insert(Self.assistant, at: space.regions.firstIndex { $0.start > Self.assistant.start } ?? 0)
        if let heapStart, heapStart != 0 { space.startBrk = heapStart }
        space.brk = nil
        let process = try machine.startProcess(space).index
        try limits.apply(to: process, of: machine)
        for area in fileAreas { try map(area, process, machine, files) }
        for page in contents { try write(page.bytes, at: page.address, process, machine, files) }
        return process
    }

    /// The assistant's pages, which the program does not know.
    private static let assistant = InitialAddressSpace.Region(
        start: FL_ASSISTANT_BASE, end: FL_ASSISTANT_END, content: .special(name: "[faultline]"))

    private func map(
        _ area: ProcessDescription.Area, _ process: Int, _ machine: Machine, _ files: HostFileCache
    ) throws(Errno) {
        let region = area.region
        guard case .file(let name, let offset) = region.content,
            let file = try files.open(name, named: name, for: process)
        else { return }
        let protection: UInt64 =
            (region.isReadable ? 1 : 0) | (region.isWritable ? 2 : 0) | (region.isExecutable ? 4 : 0)
        try machine.mmap(
            process, region.start, region.end - region.start, prot: protection, flags: 0x12, fd: file, offset: offset)
        try machine.close(process, file)
    }

    private func write(
        _ bytes: [UInt8], at address: UInt64, _ process: Int, _ machine: Machine, _ files: HostFileCache
    ) throws(Errno) {
        _ = try machine.touchForWriting(process, address)
        guard let frame = try machine.shownFrame(process, at: address) else { return }
        // SAFETY: the write stays within the bytes.
        _ = bytes.withUnsafeBytes { pwrite(machine.ramFile, $0.baseAddress, 4096, off_t(frame << 12)) }
    }
}

extension InitialAddressSpace.Region {
    /// A file's, which the machine maps by its own call.
    var isFile: Bool { if case .file = content { true } else { false } }

    fileprivate var isTheKernels: Bool { if case .special = content { true } else { false } }
}

extension ResourceLimits {
    /// Those of this process, which the program inherits.
    static var own: ResourceLimits {
        func limit(_ resource: __rlimit_resource, _ fallback: UInt64) -> UInt64 {
            var value = rlimit()
            return getrlimit(__rlimit_resource_t(resource.rawValue), &value) == 0 ? UInt64(value.rlim_cur) : fallback
        }
        var limits = ResourceLimits()
        limits.addressSpace = limit(RLIMIT_AS, .max)
        limits.data = limit(RLIMIT_DATA, .max)
        limits.stack = limit(RLIMIT_STACK, 8 << 20)
        return limits
    }

    fileprivate func apply(to process: Int, of machine: Machine) throws(Errno) {
        // A limit that the machine does not let it have stays at its default.
        try? machine.setrlimit(process, resource: 9, limit: addressSpace)
        try? machine.setrlimit(process, resource: 2, limit: data)
        try? machine.setrlimit(process, resource: 3, limit: stack)
    }
}

/// Links of /proc.
enum HostLink {
    /// Where a link leads; nil where there is none.
    static func target(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &bytes, bytes.count)
        if count < 0 { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Texts of /proc.
enum HostText {
    /// A whole small file; empty where it cannot be read.
    static func contents(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16384)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : ""
    }

    /// A field of `/proc/PID/stat`, counted from 1 as in proc(5), behind the name.
    static func statField(_ process: Int32, _ number: Int) -> UInt64? {
        let text = contents("/proc/\(process)/stat")
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        return fields.indices.contains(number - 3) ? UInt64(fields[number - 3].prefix { $0.isNumber }) : nil
    }
}
