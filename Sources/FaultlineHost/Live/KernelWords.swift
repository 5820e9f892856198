import CHost
import Faultline
import FaultlineScenario
import Glibc

/// What of a program acts on the whole kernel: no other live run may be under way, and everything is put back at its end.
struct KernelWords: Sendable {
    /// Whether there is any such call.
    var isAny = false
    /// The files that `setting` names.
    var settings: [String] = []
    /// Whether the program has a swap area, and one on compressed memory.
    var swaps = false
    var swapsInMemory = false

    /// Whether the program has to do with khugepaged, which then looks only when it is told to.
    var scansHugePages = false

    /// Whether the program has to do with ksmd, which then scans only when it is told to.
    var mergesPages = false

    /// Whether the program has to do with the pool of huge pages.
    var usesHugePool = false

    /// Whether something must be put back.
    var isGuarded: Bool { swaps || scansHugePages || mergesPages || usesHugePool || !settings.isEmpty }

    init() {}

    init(_ program: Program) {
        usesHugePool = program.statements.callNames.contains { $0.isOfHugePagePool }
        isAny = usesHugePool
        let names: Set<CallName> = [
            .dropCaches, .swapOn, .swapOff, .swapUsed, .setting, .khugepagedScan, .ksmScan, .ksmUnmerge,
        ]
        if program.statements.callNames.isDisjoint(with: names) { return }
        for case let call? in program.statements.map(\.call) {
            switch call.name {
            case .dropCaches: isAny = true
            case .swapOn:
                (isAny, swaps) = (true, true)
                if !call.texts.isEmpty { swapsInMemory = true }
            case .swapOff, .swapUsed: isAny = true
            case .khugepagedScan: (isAny, scansHugePages) = (true, true)
            case .ksmScan, .ksmUnmerge: (isAny, mergesPages) = (true, true)
            case .setting:
                isAny = true
                guard let file = call.texts.first else { continue }
                if file.hasPrefix("transparent_hugepage/") { scansHugePages = true }
                if file.hasPrefix("ksm/") { mergesPages = true }
                if !settings.contains(file) { settings.append(file) }
            default: break
            }
        }
    }

    /// The file of a setting.
    static func path(_ file: String) -> String {
        (file.hasPrefix("vm/") || file.hasPrefix("kernel/") ? "/proc/sys/" : "/sys/kernel/mm/") + file
    }
}

/// Starts the process that takes swap areas away and puts files back when a run ends, however it ends. One at a time.
struct KernelGuard {
    private var settings: [fl_kernel_setting] = []

    /// A swap area that may be there at the end.
    mutating func add(swap path: String) {
        var setting = fl_kernel_setting()
        setting.is_swap = 1
        Self.copy(path, to: &setting.path)
        settings.append(setting)
    }

    /// A file that is to have a value again; that which it has now where none is given.
    mutating func add(file path: String, value: String? = nil) throws(LiveError) {
        var setting = fl_kernel_setting()
        Self.copy(path, to: &setting.path)
        let before = if let value { value } else { try Self.read(path) }
        Self.copy(before, to: &setting.value)
        settings.append(setting)
    }

    /// Starts it; it keeps the lock until all is back.
    func start(_ lock: KernelLock) throws(LiveError) {
        let failure = fl_kernel_guard_start(settings, UInt32(settings.count), lock.descriptor)
        if failure != 0 { throw .host(action: "guard the kernel's settings", errno: -failure) }
    }

    /// The first word of a file; of a choice such as `always [madvise] never` the one in brackets.
    static func read(_ path: String) throws(LiveError) -> String {
        let text = String(decoding: try HostFile(path).contents(), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        let chosen = words.first { $0.hasPrefix("[") }?.dropFirst().dropLast()
        return String(chosen ?? words.first ?? "")
    }

    /// Writes a word into a file.
    static func write(_ value: String, to path: String) throws(LiveError) {
        try HostFile(path, flags: O_WRONLY).write(Array(value.utf8)[...], at: 0)
    }

    private static func copy<Buffer>(_ text: String, to buffer: inout Buffer) {
        // SAFETY: at most all but the last byte of the zeroed buffer are written.
        withUnsafeMutableBytes(of: &buffer) { $0.copyBytes(from: text.utf8.prefix($0.count - 1)) }
    }
}
