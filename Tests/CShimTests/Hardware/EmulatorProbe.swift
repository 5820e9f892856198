import CHost
import CShim

/// What there is to know of an emulator before its accesses are compared: what it has, and how it deviates.
struct EmulatorProbe {
    /// What it does otherwise than the walkers, and always.
    struct Deviations: OptionSet {
        let rawValue: Int

        static let marksTables = Deviations(rawValue: 1)
        static let marksGigabytePages = Deviations(rawValue: 2)
        static let reservedWithoutPresent = Deviations(rawValue: 4)
        static let keysOfAllPages = Deviations(rawValue: 8)

        /// Each in words, with who decides.
        var lines: [String] {
            let words: [(Deviations, String)] = [
                (
                    .marksTables,
                    "a walk that faults sets A in the entries above the one that it stops at; allowed, and compared as such "
                        + "(Intel SDM vol. 3A, 4.8; AMD APM vol. 2, 5.4.2)"
                ),
                (
                    .marksGigabytePages,
                    "an access that a 1 GiB page refuses sets A in its entry, which no 4 KiB or 2 MiB page does; compared as such "
                        + "(Intel SDM vol. 3A, 4.8; AMD APM vol. 2, 5.4.2)"
                ),
                (
                    .reservedWithoutPresent,
                    "#PF for a reserved bit leaves P out of the error code, against the manuals "
                        + "(Intel SDM vol. 3A, 4.7; AMD APM vol. 2, 8.4.2); left out: bit 0 of those codes"
                ),
                (
                    .keysOfAllPages,
                    "protection keys are not a matter of user-mode addresses: PK is set for supervisor pages, and the supervisor "
                        + "reads what a key denies (Intel SDM vol. 3A, 4.6.2 and 4.7; AMD APM vol. 2, 5.6.7); left out: supervisor "
                        + "accesses with CR4.PKE, key 0 denied, and PK of user accesses to supervisor pages"
                ),
            ]
            return words.filter { contains($0.0) }.map { "  DEVIATION: \($0.1)" }
        }
    }

    let features: Emulator.Features
    let deviations: Deviations

    /// Reads a page that is not present below tables without A, a 1 GiB page of the supervisor, a page whose entry has a reserved
    /// bit, and, with a key that denies, a page of the supervisor and as the supervisor a page of the user.
    init(_ emulator: Emulator, ram: fl_ram) throws {
        let root = TableScene.root
        for pfn in TableScene.tableFrames { ram.table(pfn).update(repeating: 0, count: 512) }
        for level in 0..<3 as Range<UInt64> { ram.table(root + level)[1] = (root + level + 1) << 12 | 7 }
        ram.table(root)[Int(FL_ORACLE_PML4_SLOT)] = fl_emulator_link()
        ram.table(root + 1)[2] = 0x83
        ram.table(root + 3)[2] = 1 << 63 | 0x100007
        ram.table(root + 3)[3] = 1 << 59 | 0x100003
        ram.table(root + 3)[4] = 1 << 59 | 0x100007
        let base: UInt64 = 1 << 39
        let page = base | 1 << 30 | 1 << 21
        var keys = fl_oracle_controls()
        (keys.nxe, keys.pke, keys.pkru) = (true, true, 1 << 2)
        let accesses: [(UInt64, Bool, fl_oracle_controls)] = [
            (page | 1 << 12, true, fl_oracle_controls()), (base | 2 << 30, true, fl_oracle_controls()),
            (page | 2 << 12, true, fl_oracle_controls()),
        ]
        features = Emulator.Features(try emulator.run(EmulatorBatch()))
        let withKeys: [(UInt64, Bool, fl_oracle_controls)] =
            features.hasKeys ? [(page | 3 << 12, true, keys), (page | 4 << 12, false, keys)] : []
        var batch = EmulatorBatch()
        batch.begin(ram, accesses: accesses.count + withKeys.count)
        for (address, user, controls) in accesses + withKeys {
            let access = EmulatorAccess(
                address: address, kind: 0, user: user, controls: controls, store: 0, target: 0x1000, prepared: 0,
                path: TablePath(of: address, ram).four)
            batch.add(access, hasKeys: features.hasKeys)
        }
        let results = try emulator.run(batch)
        let seen = (0..<accesses.count + withKeys.count).map { results.access($0, ofScene: 0) }
        var found: Deviations = []
        if seen[0].marks & 1 != 0 { found.insert(.marksTables) }
        if seen[1].marks & 4 != 0 { found.insert(.marksGigabytePages) }
        if seen[2].errorCode & 9 == 8 { found.insert(.reservedWithoutPresent) }
        if features.hasKeys && (seen[3].errorCode & 32 != 0 || seen[4].errorCode != 0x21) {
            found.insert(.keysOfAllPages)
        }
        deviations = found
    }
}
