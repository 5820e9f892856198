import CHost
import CShim

/// The entries that a walk of an address reads while each names a table, as they stood before it.
struct TablePath {
    private(set) var entries: [UInt64] = []
    private(set) var places: [UInt64] = []

    init(of address: UInt64, _ ram: fl_ram) {
        var table = TableScene.root
        for shift in [39, 30, 21, 12] as [UInt64] {
            let index = address >> shift & 511
            places.append(table << 12 | index << 3)
            entries.append(ram.table(table)[Int(index)])
            table = entries.last! >> 12 & 0xff_ffff_ffff
            guard entries.last! & 1 != 0, TableScene.tableFrames.contains(table) else { break }
        }
    }

    /// Their physical addresses, made up to 4 with a place that is 0.
    var four: [UInt32] { (places + [0x1000, 0x1000, 0x1000]).prefix(4).map { UInt32($0) } }

    /// Whether every entry allows the user.
    var isOfUser: Bool { entries.allSatisfy { $0 & 4 != 0 } }

    /// Whether the walk ends in a page of 1 GiB.
    var isGigabytePage: Bool { entries.count == 2 && entries[1] & 0x81 == 0x81 }

    /// A and D of the entries as they stand now, two bits each.
    func marks(_ ram: fl_ram) -> UInt8 {
        places.enumerated().reduce(0) { marks, place in
            let entry = ram.table(place.element >> 12)[Int(place.element >> 3 & 511)]
            return marks | UInt8(entry >> 5 & 3) << UInt8(2 * place.offset)
        }
    }

    /// Sets A where the emulator does in a walk that ends in a fault.
    func markFaulted(
        _ ram: fl_ram, nxe: Bool, _ processor: ReferenceWalk.Processor, _ deviations: EmulatorProbe.Deviations
    ) {
        for (index, place) in places.enumerated() {
            let (entry, level) = (entries[index], UInt64(4 - index))
            let isLeaf = level == 1 || (level < 4 && entry & 0x80 != 0)
            let isMarked =
                isLeaf ? level == 3 && deviations.contains(.marksGigabytePages) : deviations.contains(.marksTables)
            var reserved = (UInt64(1) << 52) - (UInt64(1) << processor.physicalBits)
            if !nxe { reserved |= 1 << 63 }
            if level == 4 { reserved |= 0x80 }
            guard entry & 1 != 0, isMarked, entry & reserved == 0 else { return }
            ram.table(place >> 12)[Int(place >> 3 & 511)] |= 0x20
            if isLeaf { return }
        }
    }
}

/// The accesses of a scene, with what is to come of them.
struct ExpectedScene {
    var seed: UInt64
    var accesses: [ExpectedAccess] = []
    var sum: UInt64 = 0
}

/// An access and what the walkers say of it.
struct ExpectedAccess {
    private(set) var access: EmulatorAccess
    let outcome: WalkOutcome
    let path: TablePath
    private let marks: UInt8

    /// `ram` as it is after the access.
    init(
        _ access: fl_oracle_access, _ controls: fl_oracle_controls, _ outcome: WalkOutcome, _ path: TablePath,
        tag: UInt8,
        _ ram: fl_ram
    ) {
        var target: UInt64 = 0x1000
        // A walker with a mistake may translate to where the guest has no memory.
        if case .translated(let physical) = outcome, physical < ram.bytes { target = physical }
        let prepared: UInt8 =
            switch (outcome, access.kind) {
            case (.translated, FL_ORACLE_EXECUTE): UInt8(FL_EMULATOR_PAYLOAD)
            case (.translated, FL_ORACLE_WRITE): ~access.store
            case (.translated, _): tag
            default: 0
            }
        self.access = EmulatorAccess(
            address: access.address, kind: access.kind.rawValue, user: access.user, controls: controls,
            store: access.store, target: target, prepared: prepared, path: path.four)
        (self.outcome, self.path, marks) = (outcome, path, path.marks(ram))
    }

    /// What the emulator does otherwise, in words; nil if it agrees.
    func difference(
        from seen: EmulatorResults.Access, _ emulator: String, _ deviations: EmulatorProbe.Deviations
    ) -> String? {
        var seen = seen
        // Where it leaves out P, the rest of the code is compared.
        if deviations.contains(.reservedWithoutPresent) && seen.vector == 14 && seen.errorCode & 8 != 0 {
            seen.errorCode |= 1
        }
        if deviations.contains(.keysOfAllPages) && seen.vector == 14 && access.user && !path.isOfUser {
            seen.errorCode &= ~32
        }
        let said = words(seen)
        if said == "\(outcome)" && seen.marks == marks { return nil }
        let kind = ["read", "write", "execute"][Int(access.kind)]
        let entries = path.entries.map { "0x\(String($0, radix: 16))" }.joined(separator: " ")
        return """
            \(access.user ? "user" : "supervisor") \(kind) of 0x\(String(access.address, radix: 16)) \
            under \(access.controls)
              entries: \(entries)
              reference walk, C walker and C TLB: \(outcome), A and D \(String(marks, radix: 2))
              \(emulator): \(said), A and D \(String(seen.marks, radix: 2))
              decided by \(section(seen))
            """
    }

    /// What was seen, in the walkers' words; what disagrees is said in words of its own.
    private func words(_ seen: EmulatorResults.Access) -> String {
        switch seen.vector {
        case UInt8(FL_EMULATOR_MADE):
            guard case .translated = outcome else { return "the access was made" }
            if access.kind == FL_ORACLE_READ.rawValue && seen.loaded != access.prepared { return "loaded another byte" }
            if access.kind == FL_ORACLE_WRITE.rawValue && seen.target != access.store { return "stored elsewhere" }
            return "\(outcome)"
        case 13: return "\(WalkOutcome.generalProtection)"
        case 14:
            let fault = "\(WalkOutcome.pageFault(errorCode: UInt32(seen.errorCode)))"
            return seen.cr2 == access.address ? fault : "\(fault) with CR2 0x\(String(seen.cr2, radix: 16))"
        default: return "exception \(seen.vector)"
        }
    }

    /// Where the manuals decide who is right.
    private func section(_ seen: EmulatorResults.Access) -> String {
        guard case .pageFault(let code) = outcome else {
            if outcome == .generalProtection { return "Intel SDM vol. 1, 3.3.7.1; AMD APM vol. 2, 5.3.1" }
            return "Intel SDM vol. 3A, 4.5, 4.6 and 4.8; AMD APM vol. 2, 5.3, 5.4.2 and 5.6"
        }
        let either = code | (seen.vector == 14 ? UInt32(seen.errorCode) : 0)
        if either & 32 != 0 { return "Intel SDM vol. 3A, 4.6.2 and 4.7; AMD APM vol. 2, 5.6.7 and 8.4.2" }
        if either & 8 != 0 { return "Intel SDM vol. 3A, 4.5.4 and 4.7; AMD APM vol. 2, 5.3 and 8.4.2" }
        return "Intel SDM vol. 3A, 4.6.1, 4.7 and 4.8; AMD APM vol. 2, 5.4.2, 5.6 and 8.4.2"
    }
}
