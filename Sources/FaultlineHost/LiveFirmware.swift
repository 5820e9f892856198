import Faultline
import Glibc

/// What this machine's firmware gave its kernel: the map of memory, and where the initial RAM disk lies.
public struct LiveFirmware: Sendable {
    /// Where the kernel tells it.
    public struct Places: Sendable {
        /// A folder for each range, with `start`, `end` and `type`.
        public var map = "/sys/firmware/memmap"
        /// `struct boot_params`, which the boot loader filled.
        public var parameters = "/sys/kernel/boot_params/data"

        /// Those of Linux.
        public init() {}
    }

    /// The map.
    public let map: FirmwareMap
    /// The initial RAM disk; nil where there is none, or nothing tells.
    public let initialRAMDisk: Range<UInt64>?
    /// What the map was read from; nil for the kernel's log.
    public let folder: String?

    /// From the kernel's log, as long as it has the map, else from /sys.
    ///
    /// - Throws: ``LiveFirmwareError`` where neither has it.
    public static func read() throws(LiveFirmwareError) -> LiveFirmware {
        var reasons: [String] = []
        do {
            let log = try KernelLog.text()
            return LiveFirmware(
                map: try map { () throws(FirmwareMapError) in try FirmwareMap(log: log) },
                initialRAMDisk: KernelLog.initialRAMDisk(log), folder: nil)
        } catch { reasons.append("the kernel's log (/dev/kmsg): \(error.reason)") }
        do { return try read(Places()) } catch { reasons.append(error.reason) }
        throw LiveFirmwareError(reason: reasons.joined(separator: "; "))
    }

    /// From /sys. A log is overwritten in time, this stays.
    ///
    /// - Throws: ``LiveFirmwareError`` where the map is not there, or is none.
    public static func read(_ places: Places) throws(LiveFirmwareError) -> LiveFirmware {
        var entries: [FirmwareMap.Entry] = []
        while let entry = try entry("\(places.map)/\(entries.count)") { entries.append(entry) }
        if entries.isEmpty { throw LiveFirmwareError(reason: "\(places.map): there is no map") }
        return LiveFirmware(
            map: try map { () throws(FirmwareMapError) in try FirmwareMap(entries) },
            initialRAMDisk: initialRAMDisk(places.parameters), folder: places.map)
    }

    private static func map(
        _ make: () throws(FirmwareMapError) -> FirmwareMap
    ) throws(LiveFirmwareError) -> FirmwareMap {
        do { return try make() } catch { throw LiveFirmwareError(reason: "the firmware's map: \(error)") }
    }

    /// A range of the map; nil where there is no such folder.
    private static func entry(_ folder: String) throws(LiveFirmwareError) -> FirmwareMap.Entry? {
        if access(folder, F_OK) != 0 { return nil }
        guard let start = number(try line(folder + "/start")), let end = number(try line(folder + "/end")),
            start <= end, end < 1 << 62
        else { throw LiveFirmwareError(reason: "\(folder): no range of addresses") }
        return FirmwareMap.Entry(range: start..<end + 1, kind: .init(firmware: try line(folder + "/type")))
    }

    private static func line(_ path: String) throws(LiveFirmwareError) -> String {
        do {
            let bytes = try HostFile(path).contents()
            return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        } catch { throw LiveFirmwareError(reason: "\(error)") }
    }

    private static func number(_ text: String) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : nil
    }

    /// `get_ramdisk_image` and `get_ramdisk_size`: words of `struct boot_params`, whose upper halves stand elsewhere.
    private static func initialRAMDisk(_ path: String) -> Range<UInt64>? {
        guard let bytes = try? HostFile(path).contents(), bytes.count >= 0x220 else { return nil }
        func word(_ low: Int, _ high: Int) -> UInt64 {
            [low, high].enumerated().reduce(0) { sum, part in
                let value = (0..<4).reduce(0 as UInt64) { $0 | UInt64(bytes[part.element + $1]) << UInt64(8 * $1) }
                return sum | value << UInt64(32 * part.offset)
            }
        }
        let (start, size) = (word(0x218, 0xc0), word(0x21c, 0xc4))
        return start == 0 || size == 0 || start >= 1 << 61 || size >= 1 << 61 ? nil : start..<start + size
    }
}

/// Why nothing of this machine tells its firmware's map.
public struct LiveFirmwareError: Error, CustomStringConvertible {
    /// What the host said.
    public let reason: String

    /// What to do about it.
    public var description: String {
        "this machine does not tell its firmware's map: \(reason); run as root, or give a saved log with --e820 FILE"
    }
}
