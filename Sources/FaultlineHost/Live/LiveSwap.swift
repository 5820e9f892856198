import CHost
import Faultline
import FaultlineScenario
import Glibc

/// The swap area of a live run.
final class LiveSwap {
    /// The area's file, and that of the area which brings read-ahead to its start.
    let file: String
    let coolFile: String
    /// The disk's file `inflight` in sysfs, and `rotational`.
    private let inflight: HostFile
    let rotational: String
    /// The area that is on: its file or device.
    private(set) var area: String?

    static let device = "/dev/zram0"
    static let deviceFolder = "/sys/block/zram0/"

    /// - Parameter directory: where files lie on the disk.
    init(directory: String) throws(LiveError) {
        let swaps = String(decoding: try HostFile("/proc/swaps").contents(), as: UTF8.self)
        if swaps.split(separator: "\n").count > 1 {
            throw .unsupported(
                "this machine has a swap area of its own; take it away (swapoff -a) for the time of the run")
        }
        file = "\(directory)/faultline-swap-\(getpid())"
        coolFile = "\(directory)/faultline-cool-\(getpid())"
        var status = stat()
        let folder = try HostFile(directory)
        guard fstat(folder.descriptor, &status) == 0 else { throw .host(action: "examine \(directory)", errno: errno) }
        let (major, minor) = (status.st_dev >> 8 & 0xfff, status.st_dev & 0xff | status.st_dev >> 12 & ~0xff)
        let block = "/sys/dev/block/\(major):\(minor)/"
        // A partition's queue is its disk's.
        let isPartition = Glibc.access(block + "partition", F_OK) == 0
        inflight = try HostFile(block + "inflight")
        rotational = block + (isPartition ? "../queue/rotational" : "queue/rotational")
    }

    /// swapon(2) of a new area. The statement's result, or what went wrong.
    func turnOn(pages: UInt64, compressed: Bool) throws(LiveError) -> StatementResult {
        if area != nil { return StatementResult(.error(.EBUSY)) }
        if pages < 2 { return StatementResult(.error(.EINVAL)) }
        try coolReadahead()
        if compressed {
            try KernelGuard.write("1", to: Self.deviceFolder + "reset")
            try KernelGuard.write(String(pages << 12), to: Self.deviceFolder + "disksize")
            try check(fl_swap_write_header(Self.device, pages), "write to \(Self.device)")
        } else {
            try check(fl_swap_make(file, pages), "make a swap file \(file)")
            try KernelGuard.write("1", to: rotational)
        }
        let path = compressed ? Self.device : file
        try check(fl_swap_on(path), "turn swapping on (swapon)")
        area = path
        return StatementResult(.ok)
    }

    /// swapoff(2).
    func turnOff() throws(LiveError) -> StatementResult {
        guard let area else { return StatementResult(.error(.EINVAL)) }
        try check(fl_swap_off(area), "turn swapping off (swapoff)")
        self.area = nil
        if area == file { unlink(file) }
        return StatementResult(.ok)
    }

    /// The slots in use: the column `Used` of /proc/swaps.
    func used() throws(LiveError) -> StatementResult {
        let text = String(decoding: try HostFile("/proc/swaps").contents(), as: UTF8.self)
        let fields = text.split(separator: "\n").dropFirst().first?.split(whereSeparator: \.isWhitespace) ?? []
        return StatementResult(.value(fields.count > 3 ? (UInt64(fields[3]) ?? 0) / 4 : 0))
    }

    /// Waits until nothing of the area is under way, and no page is on its way to a list.
    func settle() {
        guard area != nil else { return }
        _ = fl_disk_is_quiet(inflight.descriptor)
        fl_drain_all_batches()
    }

    /// Where read-ahead stands is left from earlier; it is brought to where programs begin.
    private func coolReadahead() throws(LiveError) {
        let cluster = KernelWords.path("vm/page-cluster")
        let before = try KernelGuard.read(cluster)
        try KernelGuard.write("1", to: rotational)
        try KernelGuard.write("3", to: cluster)
        defer { try? KernelGuard.write(before, to: cluster) }
        try check(fl_swap_cool(coolFile), "use a swap file \(coolFile)")
    }

    private func check(_ result: Int32, _ action: String) throws(LiveError) {
        if result < 0 { throw .host(action: action, errno: -result) }
    }
}

extension LiveMachine {
    /// What of a run acts on the whole kernel, and is put back however it ends.
    static func guardKernel(_ words: KernelWords, _ options: LiveOptions, _ lock: KernelLock?) throws(LiveError)
        -> LiveSwap?
    {
        guard words.isGuarded else { return nil }
        if options.holdsLock { throw .unsupported("--sysctl and a program with swapon or setting do not go together") }
        guard geteuid() == 0, let lock else { throw .unsupported("swapon and setting take root on the live kernel") }
        var watch = KernelGuard()
        var swap: LiveSwap?
        if words.swaps {
            let area = try LiveSwap(directory: options.diskDirectory)
            watch.add(swap: area.file)
            watch.add(swap: area.coolFile)
            try watch.add(file: area.rotational)
            try watch.add(file: KernelWords.path("vm/page-cluster"))
            swap = area
        }
        if words.swapsInMemory {
            let size = LiveSwap.deviceFolder + "disksize"
            guard Glibc.access(LiveSwap.device, F_OK) == 0, try KernelGuard.read(size) == "0" else {
                throw .unsupported(
                    "swapon(SIZE, \"zram\") takes a device \(LiveSwap.device) that nobody uses (modprobe zram)")
            }
            watch.add(swap: LiveSwap.device)
            try watch.add(file: LiveSwap.deviceFolder + "reset", value: "1")
        }
        if words.mergesPages { try LiveMerging.guardFiles(&watch) }
        for file in words.settings where (file != "vm/page-cluster" || !words.swaps) && !file.hasPrefix("ksm/") {
            try watch.add(file: KernelWords.path(file))
        }
        if words.scansHugePages {
            for file in LiveHugePages.files { try watch.add(file: file) }
        }
        if words.usesHugePool {
            for file in LiveHugePool.files { try watch.add(file: file, value: "0") }
        }
        try watch.start(lock)
        return swap
    }

    /// `khugepaged_scan()`.
    func scanForHugePages() throws(LiveError) -> StatementResult {
        guard let hugePages else { throw .unsupported("a program has no part in khugepaged that never names it") }
        return try hugePages.scan()
    }

    /// `setting("FILE", "VALUE")`.
    func set(_ file: String, _ value: String) throws(LiveError) -> StatementResult {
        do { try KernelGuard.write(value, to: KernelWords.path(file)) } catch {
            if case .host(_, EINVAL) = error { return StatementResult(.error(.EINVAL)) }
            if case .host(_, EBUSY) = error { return StatementResult(.error(.EBUSY)) }
            throw error
        }
        return StatementResult(.ok)
    }

    /// The program's swap area. Every program that has such a call was made ready for it.
    func swapArea() throws(LiveError) -> LiveSwap {
        guard let swap else { throw .unsupported("a program without swapon has no swap area on the live kernel") }
        return swap
    }

    /// The accesses of `read_pages` and `write_pages` while a swap area is on: each begins when all is quiet.
    func accessQuietly(
        first: UInt64, end: UInt64, byte: UInt8?, in agent: Agent
    ) throws(LiveError) -> StatementResult {
        var total = StatementResult(.ok, pages: 0, minflt: 0, majflt: 0)
        var address = first
        while address < end {
            swap?.settle()
            let kind = byte == nil ? FL_AGENT_LOAD : FL_AGENT_STORE
            let one = try access(kind, first: address, byte: byte ?? 0, in: agent)
            total.minflt += one.minflt
            total.majflt += one.majflt
            if case .signal = one.outcome {
                (total.outcome, total.protectionKey) = (one.outcome, one.protectionKey)
                return total
            }
            total.pages = (total.pages ?? 0) + 1
            if let group, !group.isLimited, one.minflt + one.majflt > 0 { try settleGroup() }
            let next = (address & ~4095) &+ 4096
            if next < address { break }
            address = next
        }
        return total
    }
}
