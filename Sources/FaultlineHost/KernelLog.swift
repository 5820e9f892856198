import Glibc

/// The kernel log of this machine.
public enum KernelLog {
    /// Its lines, as dmesg has them without times.
    ///
    /// - Throws: ``LiveFirmwareError`` where the log cannot be read, or no longer has the map that the firmware gave.
    static func text() throws(LiveFirmwareError) -> String {
        let file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK)
        guard file >= 0 else { throw LiveFirmwareError(reason: String(cString: strerror(errno))) }
        defer { close(file) }
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = read(file, &buffer, buffer.count)
            // EPIPE: a record was overwritten meanwhile; the next one follows.
            if count < 0, errno == EPIPE || errno == EINTR { continue }
            if count <= 0 { break }
            // A record is `LEVEL,NUMBER,TIME,FLAG;TEXT`, and lines with what it is about.
            let record = String(decoding: buffer[..<count], as: UTF8.self)
            let first = record.split(separator: "\n", maxSplits: 1).first ?? ""
            if let text = first.split(separator: ";", maxSplits: 1).dropFirst().first { lines.append(String(text)) }
        }
        guard lines.contains(where: { $0.contains("BIOS-e820:") }) else {
            throw LiveFirmwareError(reason: "it no longer has the firmware's map, or never had")
        }
        return lines.joined(separator: "\n")
    }

    /// Where the log says the initial RAM disk is; nil where it has none.
    static func initialRAMDisk(_ log: String) -> Range<UInt64>? {
        guard let match = log.firstMatch(of: /RAMDISK: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]/),
            let first = UInt64(match.1, radix: 16), let last = UInt64(match.2, radix: 16), first <= last, last < 1 << 62
        else { return nil }
        return first..<last + 1
    }
}
