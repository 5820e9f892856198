import Faultline

/// ChampSim's records, one an instruction (`inc/trace_instruction.h`): ip, branch flags, registers, then the addresses written and those
/// read, of which 0 is none. How many bytes an access has is not in them: each counts as one.
///
/// The CloudSuite form has four destinations in place of two, and the address space's number.
struct ChampSimReader: TraceReader {
    static let recordBytes = 64
    static let cloudsuiteBytes = 96

    private let isCloudsuite: Bool
    private var offset: UInt64 = 0
    private var addressSpace: UInt16?

    init(isCloudsuite: Bool) { self.isCloudsuite = isCloudsuite }

    var place: TracePlace { .byte(offset &- UInt64(isCloudsuite ? Self.cloudsuiteBytes : Self.recordBytes)) }
    let hasInstructionPointers = true
    let leftOut: [String: UInt64] = [:]

    mutating func read(_ bytes: UnsafeRawBufferPointer, into sink: inout AccessSink) throws(TraceError) -> Int {
        let record = isCloudsuite ? Self.cloudsuiteBytes : Self.recordBytes
        // The addresses begin behind ip, two flags and the registers; of CloudSuite's, 8 bytes further on.
        let destinations = isCloudsuite ? 24 : 16
        let sources = isCloudsuite ? 56 : 32
        var index = 0
        while index < bytes.count, sink.hasRoom {
            offset &+= UInt64(record)
            if bytes[index + 8] > 1 || bytes[index + 9] > 1 {
                throw TraceError(
                    place,
                    "the flags is_branch and branch_taken of an instruction are 0 or 1: this is no ChampSim trace of \(record)-byte "
                        + "records; name the form with --format")
            }
            if isCloudsuite { switchTo(bytes.field(index + 88, as: UInt16.self), &sink) }
            sink.append(.execute, bytes.field(index, as: UInt64.self), 1)
            for place in stride(from: index + sources, to: index + sources + 32, by: 8) {
                let address = bytes.field(place, as: UInt64.self)
                if address != 0 { sink.append(.read, address, 1) }
            }
            for place in stride(from: index + destinations, to: index + sources, by: 8) {
                let address = bytes.field(place, as: UInt64.self)
                if address != 0 { sink.append(.write, address, 1) }
            }
            index += record
        }
        return index
    }

    private mutating func switchTo(_ number: UInt16, _ sink: inout AccessSink) {
        if number == addressSpace { return }
        addressSpace = number
        sink.mark(.process, UInt64(number))
    }
}
