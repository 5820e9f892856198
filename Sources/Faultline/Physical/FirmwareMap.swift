/// Which physical addresses are what: the e820 map that the firmware gives the kernel.
public struct FirmwareMap: Sendable, Hashable {
    /// `enum e820_type`.
    public enum Kind: Sendable, Hashable {
        case usable, reserved, acpiData, acpiStorage, unusable, persistent, persistentLegacy, softReserved
        /// A number that the kernel does not know: it is as reserved.
        case other(UInt32)

        /// Those that have a name.
        static let named: [Kind] = [
            .usable, .reserved, .acpiData, .acpiStorage, .unusable, .persistent, .persistentLegacy, .softReserved,
        ]

        /// As the kernel's log has it (`e820_print_type`).
        public var text: String {
            switch self {
            case .usable: "usable"
            case .reserved: "reserved"
            case .acpiData: "ACPI data"
            case .acpiStorage: "ACPI NVS"
            case .unusable: "unusable"
            case .persistent: "persistent (type 7)"
            case .persistentLegacy: "persistent (type 12)"
            case .softReserved: "soft reserved"
            case .other(let type): "type \(type)"
            }
        }

        /// As the kernel's log has it; nil for other words.
        init?(log text: some StringProtocol) {
            if let kind = Self.named.first(where: { text == $0.text }) {
                self = kind
            } else if text.hasPrefix("type "), let type = UInt32(text.dropFirst(5)) {
                self = .other(type)
            } else {
                return nil
            }
        }

        /// As `/sys/firmware/memmap` has it (`e820_type_to_string`); what the kernel has no name for is as reserved.
        public init(firmware text: some StringProtocol) {
            self =
                switch text {
                case "System RAM": .usable
                case "ACPI Tables": .acpiData
                case "ACPI Non-volatile Storage": .acpiStorage
                case "Unusable memory": .unusable
                case "Persistent Memory": .persistent
                case "Persistent Memory (legacy)": .persistentLegacy
                case "Soft Reserved": .softReserved
                default: .reserved
                }
        }
    }

    /// A range of addresses, in bytes.
    public struct Entry: Sendable, Hashable {
        /// The first byte, and the one behind the last.
        public var range: Range<PhysicalAddress>
        /// What they are.
        public var kind: Kind

        /// A range of a kind.
        public init(range: Range<PhysicalAddress>, kind: Kind) { (self.range, self.kind) = (range, kind) }
    }

    /// Ascending by the first byte.
    public internal(set) var entries: [Entry]
    /// How many boots the log told of that this map is from; it is the last one's.
    public internal(set) var boots = 1

    /// A map of entries in any order. - Throws: ``FirmwareMapError`` where two overlap, or no RAM is in it.
    public init(_ entries: [Entry]) throws(FirmwareMapError) {
        self.entries = entries.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(self.entries, self.entries.dropFirst())
        where first.range.upperBound > second.range.lowerBound {
            throw .overlap(first.range, second.range)
        }
        guard entries.contains(where: { $0.kind == .usable }) else { throw .noMemory }
        if let end = self.entries.last(where: { $0.kind == .usable })?.range.upperBound, end > Self.limit {
            throw .tooLarge(end)
        }
    }

    /// An ordinary PC's with so much RAM.
    ///
    /// - Throws: ``MachineError/ramSize(bytes:)``.
    public static func ofPC(ramBytes: UInt64) throws(MachineError) -> FirmwareMap {
        guard ramBytes % 4096 == 0, ramBytes >= 2 << 20, ramBytes <= (4 << 40) - (1 << 30) else {
            throw .ramSize(bytes: ramBytes)
        }
        return FirmwareMap(ramBytes: ramBytes)
    }

    /// An ordinary PC's: below 4 GiB there is room for 3 GiB of RAM; the rest lies above. The ISA hole at 640 KiB is no RAM.
    init(ramBytes: UInt64) {
        let lowLimit: UInt64 = 3 << 30
        let low = min(ramBytes, lowLimit)
        entries = [
            Entry(range: 0..<0xa_0000, kind: .usable), Entry(range: 0xa_0000..<0x10_0000, kind: .reserved),
            Entry(range: 0x10_0000..<low, kind: .usable),
        ]
        if ramBytes > lowLimit {
            entries.append(Entry(range: 1 << 32..<1 << 32 + (ramBytes - lowLimit), kind: .usable))
        }
    }

    /// The first frame behind the ISA hole: the kernel leaves what lies below to the firmware and to its real mode (`reserve_real_mode`).
    static var lowEnd: PFN { 0x100 }

    /// What simulated RAM may end at.
    static var limit: PhysicalAddress { 1 << 42 }

    /// The first frame behind all RAM (`e820__end_of_ram_pfn`).
    var endFrame: PFN { (entries.last { $0.kind == .usable }?.range.upperBound ?? 0) >> 12 }
}

/// What is wrong with a map of the firmware's.
public enum FirmwareMapError: Error, Equatable, CustomStringConvertible {
    /// A line that is not `BIOS-e820: [mem 0xSTART-0xEND] KIND`, by its number from 1.
    case line(Int, String)
    /// No line of a log is of the firmware's map.
    case empty
    /// Two ranges overlap.
    case overlap(Range<PhysicalAddress>, Range<PhysicalAddress>)
    /// Nothing is usable.
    case noMemory
    /// RAM ends where no frame has a number.
    case tooLarge(PhysicalAddress)
    /// An option that does not fit the map.
    case option(String)

    /// For a reader.
    public var description: String {
        func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
        return switch self {
        case .line(let number, let text):
            "line \(number): '\(text)' is no entry; write BIOS-e820: [mem 0xSTART-0xEND] KIND, KIND one of "
                + (FirmwareMap.Kind.named.map(\.text) + ["type NUMBER"]).joined(separator: ", ")
        case .empty: "no line has BIOS-e820: [mem ...]; give the kernel's log (dmesg)"
        case .overlap(let first, let second):
            "the ranges from \(hex(first.lowerBound)) and from \(hex(second.lowerBound)) overlap; cut one of them"
        case .noMemory: "no range is usable; a machine needs RAM"
        case .tooLarge(let end): "RAM ends at \(hex(end)); it may end at \(hex(FirmwareMap.limit)) (4 TiB)"
        case .option(let text): text
        }
    }
}
