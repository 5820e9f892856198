import CHost
import CShim

/// Runs the same accesses over the same tables through walkers and through a virtual processor, and compares the
/// outcome, the error code, CR2, the byte accessed, and every byte of every table afterwards.
final class HardwareCheck {
    /// Why a check could not run.
    enum Failure: Error {
        case noMemory
        case oracle(fl_oracle_status, String)
    }

    /// What a check found.
    struct Result {
        var accesses = 0
        var translated = 0
        var pageFaults = 0
        var generalProtections = 0
        var differences: [String] = []

        /// Accesses made with CR4.PKE clear that were to be made with it set, where keys deviate.
        var madeWithoutKeys = 0
    }

    /// Accesses a scene: a tree of tables is worth so many before a new one is.
    static let accessesPerScene = 64

    let features: fl_oracle_features

    /// The walkers to check. They must agree with each other too.
    var walkers: [any WalkUnderTest] = []

    private(set) var ram = fl_ram()
    private let oracle: OpaquePointer
    private var controls = fl_oracle_controls()
    private var wantsKeys = false
    private let before = TableSnapshot()
    private let expectedTables = TableSnapshot()

    init() throws(Failure) {
        guard fl_ram_create(&ram, TableScene.frames << 12) == FL_OK else { throw .noMemory }
        var made: OpaquePointer?
        let status = fl_oracle_create(&made, &ram, TableScene.oracleFrame)
        guard status == FL_ORACLE_OK, let made else {
            let reason = made.map { String(cString: fl_oracle_error($0)) } ?? ""
            fl_oracle_destroy(made)
            fl_ram_destroy(&ram)
            throw .oracle(status, reason)
        }
        oracle = made
        features = fl_oracle_get_features(made)
        unusableSlots = Set((0..<512).filter { !fl_oracle_is_usable_slot(made, UInt32($0)) })
    }

    deinit {
        fl_oracle_destroy(oracle)
        fl_ram_destroy(&ram)
    }

    /// The processor that the walkers are to be.
    var processor: ReferenceWalk.Processor {
        ReferenceWalk.Processor(
            physicalBits: UInt64(features.physical_bits), hasGigabytePages: features.enforces_gbpages,
            reservesGlobalInPML4: vendor == "AuthenticAMD")
    }

    /// The PML4 slots that no access may go through: the oracle's own, and those that the virtual hardware gets wrong.
    let unusableSlots: Set<UInt64>

    /// CPUID's vendor string.
    var vendor: String {
        withUnsafeBytes(of: features.vendor) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Checks at least `accesses` accesses, a scene at a time; scene i is made from `seed` + i.
    func run(seed: UInt64, accesses: Int) throws(Failure) -> Result {
        var result = Result()
        var scene: UInt64 = 0
        while result.accesses < accesses && result.differences.count < 10 {
            try runScene(seed: seed &+ scene, &result)
            scene += 1
        }
        return result
    }

    private func runScene(seed: UInt64, _ result: inout Result) throws(Failure) {
        var scene = TableScene(
            ram: ram, physicalBits: UInt64(features.physical_bits), unusableSlots: unusableSlots, seed: seed)
        var random = RandomSource(seed: ~seed)
        try expect(fl_oracle_link(oracle, TableScene.root))
        try expect(fl_oracle_forget(oracle))
        for step in 0..<HardwareCheck.accessesPerScene {
            if step % 8 == 0 {
                controls = randomControls(&random)
                fl_oracle_set_controls(oracle, &controls)
            }
            let access = fl_oracle_access(
                address: scene.nextAddress(), root_pfn: UInt32(TableScene.root),
                kind: fl_oracle_kind(rawValue: UInt32(random.below(3))), user: random.chance(50),
                store: UInt8(truncatingIfNeeded: random.next()))
            if let difference = try compare(access, tag: UInt8(truncatingIfNeeded: random.next()), &result) {
                result.differences.append(
                    "\(difference)\n  seed 0x\(String(seed, radix: 16)) access \(step); replay: "
                        + "FAULTLINE_SEED=0x\(String(seed, radix: 16)) "
                        + "FAULTLINE_HARDWARE_ACCESSES=\(HardwareCheck.accessesPerScene) swift test --filter Hardware")
                return  // the tables are no longer what both sides think
            }
        }
    }

    private func randomControls(_ random: inout RandomSource) -> fl_oracle_controls {
        wantsKeys = features.enforces_pku && random.chance(50)
        let pke = wantsKeys && checksKeys
        return fl_oracle_controls(
            wp: random.chance(60), smep: features.enforces_smep && random.chance(40),
            smap: features.enforces_smap && random.chance(40), pke: pke, nxe: random.chance(75),
            ac: random.chance(30), pkru: pke ? UInt32(truncatingIfNeeded: random.next()) : 0)
    }

    /// Makes one access on every side; returns what differed.
    private func compare(_ access: fl_oracle_access, tag: UInt8, _ result: inout Result) throws(Failure) -> String? {
        before.take(from: ram)
        var expected: WalkOutcome?
        for walker in walkers {
            let outcome = walker.translate(access, controls: controls)
            defer { before.restore(to: ram) }
            if let expected, expected != outcome || !expectedTables.equals(ram) {
                return describe(
                    access, "\(walkers[0].name): \(expected)", "\(walker.name): \(outcome)",
                    expectedTables.difference(from: ram))
            }
            expected = outcome
            expectedTables.take(from: ram)
        }
        guard let expected else { return nil }
        if let wrong = prepareTarget(access, expected, tag) { return describe(access, wrong) }
        var access = access
        var seen = fl_oracle_outcome()
        try expect(fl_oracle_run(oracle, &access, &seen))
        count(expected, &result)
        let outcome = hardwareOutcome(access, seen, tag: tag, expected: expected)
        if outcome == "\(expected)" && expectedTables.equals(ram) { return nil }
        return describe(
            access, "\(walkers[0].name): \(expected)", "virtual hardware: \(outcome)",
            expectedTables.difference(from: ram))
    }

    /// Puts at the physical address expected what the access will need there, or show that it was there.
    private func prepareTarget(_ access: fl_oracle_access, _ outcome: WalkOutcome, _ tag: UInt8) -> String? {
        guard case .translated(let physical) = outcome else { return nil }
        guard physical < ram.bytes else { return "translated to 0x\(String(physical, radix: 16)), outside the RAM" }
        switch access.kind {
        case FL_ORACLE_EXECUTE:
            ram.base[Int(physical)] =
                UInt8(access.user ? FL_ORACLE_USER_PAYLOAD : FL_ORACLE_SUPERVISOR_PAYLOAD)
        case FL_ORACLE_WRITE: ram.base[Int(physical)] = ~access.store
        default: ram.base[Int(physical)] = tag
        }
        return nil
    }

    /// The virtual processor's outcome in the walkers' words; what disagrees is said in words of its own.
    private func hardwareOutcome(
        _ access: fl_oracle_access, _ seen: fl_oracle_outcome, tag: UInt8, expected: WalkOutcome
    ) -> String {
        switch (seen.end, seen.vector) {
        case (FL_ORACLE_DONE, _):
            guard case .translated(let physical) = expected else { return "done" }
            if access.kind == FL_ORACLE_READ && seen.loaded != tag { return "loaded another byte" }
            if access.kind == FL_ORACLE_WRITE && ram.base[Int(physical)] != access.store { return "stored elsewhere" }
            return "\(expected)"
        case (FL_ORACLE_EXCEPTION, 13):
            return "\(WalkOutcome.generalProtection)"
        case (FL_ORACLE_EXCEPTION, 14):
            let fault = "\(WalkOutcome.pageFault(errorCode: seen.error_code))"
            return seen.cr2 == access.address ? fault : "\(fault) with CR2 0x\(String(seen.cr2, radix: 16))"
        case (FL_ORACLE_EXCEPTION, let vector):
            return "exception \(vector)"
        case (FL_ORACLE_MMIO, _):
            return "translated to 0x\(String(seen.physical, radix: 16)), outside the RAM"
        default:
            return "the virtual processor stopped: exit reason \(seen.exit_reason), detail \(seen.detail)"
        }
    }

    private func count(_ outcome: WalkOutcome, _ result: inout Result) {
        result.accesses += 1
        if wantsKeys && !controls.pke { result.madeWithoutKeys += 1 }
        switch outcome {
        case .translated: result.translated += 1
        case .pageFault: result.pageFaults += 1
        case .generalProtection: result.generalProtections += 1
        case .outsideRAM: break
        }
    }

    private func describe(_ access: fl_oracle_access, _ lines: String...) -> String {
        let kind = ["read", "write", "execute"][Int(access.kind.rawValue)]
        let who = access.user ? "user" : "supervisor"
        let head = "\(who) \(kind) of 0x\(String(access.address, radix: 16)) under \(controls)"
        return ([head, path(of: access.address)] + lines.filter { !$0.isEmpty }).joined(separator: "\n  ")
    }

    /// The entries that a walk of `address` reads, from the PML4's down, as they stand.
    private func path(of address: UInt64) -> String {
        var table = TableScene.root
        var entries: [String] = []
        for shift in [39, 30, 21, 12] as [UInt64] {
            let entry = before.entry(address >> shift & 511, of: table)
            entries.append("0x\(String(entry, radix: 16))")
            table = entry >> 12 & 0xff_ffff_ffff
            guard entry & 1 != 0, TableScene.tableFrames.contains(table) else { break }
        }
        return "entries: \(entries.joined(separator: " "))"
    }

    private func expect(_ status: fl_oracle_status) throws(Failure) {
        guard status == FL_ORACLE_OK else { throw .oracle(status, String(cString: fl_oracle_error(oracle))) }
    }
}
