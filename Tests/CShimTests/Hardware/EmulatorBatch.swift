import CHost
import CShim

/// Scenes and their accesses as the guest of an emulator reads them; see `emulator_guest.h`.
struct EmulatorBatch {
    private(set) var bytes = [UInt8](repeating: 0, count: 64)

    /// The number of accesses of each scene.
    private(set) var scenes: [Int] = []

    /// How many bytes the guest writes for it.
    var resultBytes: Int {
        16 + scenes.reduce(0) { $0 + $1 * Int(FL_EMULATOR_RESULT_BYTES) + Int(FL_EMULATOR_SUM_BYTES) }
    }

    /// Begins a scene with the tables as they stand.
    mutating func begin(_ ram: fl_ram, accesses: Int) {
        let start = UnsafeRawBufferPointer(
            start: ram.base + Int(FL_EMULATOR_TABLES), count: Int(FL_EMULATOR_TABLE_BYTES))
        bytes.append(contentsOf: start)
        scenes.append(accesses)
        append(UInt64(accesses))
        bytes.append(contentsOf: repeatElement(0, count: 56))
        withUnsafeBytes(of: UInt64(scenes.count).littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    }

    /// Adds an access to the scene begun last.
    mutating func add(_ access: EmulatorAccess, hasKeys: Bool) {
        let c = access.controls
        append(access.address)
        append(access.target)
        for place in access.path { append(place) }
        append(0x8000_0031 | (c.wp ? UInt32(1) << 16 : 0))  // PG, NE, ET, PE
        append(0x20 | (c.smep ? UInt32(1) << 20 : 0) | (c.smap ? 1 << 21 : 0) | (c.pke ? 1 << 22 : 0))  // PAE
        append(0x500 | (c.nxe ? UInt32(1) << 11 : 0))  // LMA, LME
        append(c.pkru)
        append(2 | (c.ac ? UInt32(1) << 18 : 0))
        bytes += [UInt8(access.kind), access.user ? 1 : 0, access.prepared, access.store, hasKeys ? 1 : 0]
        bytes += [UInt8](repeating: 0, count: 7)
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// An access for the guest.
struct EmulatorAccess {
    var address: UInt64
    var kind: UInt32
    var user: Bool
    var controls: fl_oracle_controls
    var store: UInt8

    /// The physical byte that is prepared before, and read afterwards.
    var target: UInt64
    var prepared: UInt8

    /// The physical addresses of the entries on the way, 4 of them.
    var path: [UInt32]
}

/// What the guest wrote.
struct EmulatorResults {
    struct Access {
        var vector, errorCode, loaded, target: UInt8

        /// A and D of the entries on the way, two bits each, the PML4's lowest.
        var marks: UInt8
        var cr2: UInt64
    }

    private let bytes: [UInt8]
    private let starts: [Int]

    init(bytes: [UInt8], batch: EmulatorBatch) {
        self.bytes = bytes
        var next = 16
        var starts: [Int] = []
        for count in batch.scenes + [0] {
            starts.append(next)
            next += count * Int(FL_EMULATOR_RESULT_BYTES) + Int(FL_EMULATOR_SUM_BYTES)
        }
        self.starts = starts
    }

    /// CPUID: EBX and ECX of leaf 7, EDX of leaf 80000001H, EAX of leaf 80000008H.
    var features: [UInt8] { Array(bytes.prefix(16)) }

    func access(_ index: Int, ofScene scene: Int) -> Access {
        let at = starts[scene] + index * Int(FL_EMULATOR_RESULT_BYTES)
        return Access(
            vector: bytes[at], errorCode: bytes[at + 1], loaded: bytes[at + 2], target: bytes[at + 3],
            marks: bytes[at + 4], cr2: number(at + 8))
    }

    /// The sum of all tables after a scene.
    func sum(ofScene scene: Int) -> UInt64 { number(starts[scene + 1] - Int(FL_EMULATOR_SUM_BYTES)) }

    private func number(_ at: Int) -> UInt64 {
        bytes[at..<at + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
