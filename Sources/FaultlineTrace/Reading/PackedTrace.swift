import Faultline

/// Faultline's own form: 8 bytes that name it, then a word of 8 bytes, the lowest first, for each access and marker as ``TraceWord`` has it.
public enum PackedTrace {
    /// The beginning of every such trace.
    public static let magic: [UInt8] = Array("FLTRACE1".utf8)
}

/// Reads it.
struct PackedReader: TraceReader {
    private var offset: UInt64 = 0

    var place: TracePlace { .byte(offset &- 8) }
    let hasInstructionPointers = true
    let leftOut: [String: UInt64] = [:]

    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int {
        var index = 0
        if offset == 0, bytes.count >= 8 {
            (offset, index) = (8, 8)
            guard bytes[..<8].elementsEqual(PackedTrace.magic) else {
                throw TraceError(place, "a packed trace begins with FLTRACE1; name the form with --format")
            }
        }
        while index < bytes.count, sink.hasRoom {
            // Most words are plain accesses: a group of them at a time.
            let plain = sink.appendPlain(UnsafeRawBufferPointer(rebasing: bytes[index...]))
            offset &+= UInt64(plain * 8)
            index += plain * 8
            guard index < bytes.count, sink.hasRoom else { break }
            offset &+= 8
            let access = TraceWord(rawValue: bytes.field(index, as: UInt64.self))
            if access.middle != 0 || access.kind == .marker { try check(access) }
            sink.append(access)
            index += 8
        }
        return index
    }

    @inline(never)
    private func check(_ word: TraceWord) throws(TraceError) {
        if word.marker != nil { return }
        throw TraceError(
            place,
            word.kind == .marker
                ? "\(word.middle) is no marker of a packed trace: 1 is an instruction's address, 2 a process"
                : "bits 48 to 61 of an access of a packed trace are 0")
    }
}
