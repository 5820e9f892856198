import CHost
import CShim

/// Makes the accesses of random scenes with the walkers, then with an emulator, and compares the outcome, the error code, CR2,
/// the byte accessed, A and D on the way after each access, and every bit of every table after each scene.
final class EmulatorCheck {
    struct Result {
        var accesses = 0, translated = 0, pageFaults = 0, generalProtections = 0
        var gigabytePages = 0, keyFaults = 0, smapFaults = 0
        /// Accesses made with CR4.PKE clear that were to be made with it set, where keys deviate.
        var madeWithoutKeys = 0
        var differences: [String] = []
    }

    /// A boot makes so many at most: they must fit into the ROM.
    static let scenesPerBoot = 14
    static let accessesPerScene = 64

    let emulator: Emulator
    let features: Emulator.Features
    let processor: ReferenceWalk.Processor

    let deviations: EmulatorProbe.Deviations
    let walkers: [any WalkUnderTest]
    private let ram: fl_ram
    private let before = TableSnapshot()
    private let expectedTables = TableSnapshot()

    /// What `probe` found, and the walkers to check; with a planted mistake, the one that has it.
    init(_ emulator: Emulator, _ probe: EmulatorProbe, ram: fl_ram, mistake: MistakenWalker.Mistake? = nil) {
        self.emulator = emulator
        self.ram = ram
        features = probe.features
        deviations = probe.deviations
        processor = ReferenceWalk.Processor(
            physicalBits: features.physicalBits, hasGigabytePages: features.hasGigabytePages,
            reservesGlobalInPML4: false)
        walkers =
            if let mistake {
                [MistakenWalker(mistake: mistake, ram: ram, processor: processor)]
            } else {
                [
                    ReferenceWalker(ram: ram, processor: processor), CWalker(ram: ram, processor: processor),
                    CTranslator(ram: ram, processor: processor),
                ]
            }
    }

    /// Checks at least `accesses` accesses; scene i is made from `seed` + i.
    func run(seed: UInt64, accesses: Int) throws -> Result {
        var result = Result()
        var scene: UInt64 = 0
        while result.accesses < accesses && result.differences.count < 10 {
            let size = EmulatorCheck.accessesPerScene
            let left = (accesses - result.accesses + size - 1) / size
            let count = UInt64(min(EmulatorCheck.scenesPerBoot, left))
            try runBoot((0..<count).map { seed &+ scene &+ $0 }, &result)
            scene += count
        }
        return result
    }

    /// One boot: what the walkers say first, then the emulator.
    private func runBoot(_ seeds: [UInt64], _ result: inout Result) throws {
        var batch = EmulatorBatch()
        var scenes: [ExpectedScene] = []
        for seed in seeds {
            guard let scene = expect(seed, &batch, &result) else { return }
            scenes.append(scene)
        }
        let results = try emulator.run(batch)
        for (index, scene) in scenes.enumerated() {
            var differs = false
            for (step, expected) in scene.accesses.enumerated() {
                let seen = results.access(step, ofScene: index)
                count(expected, &result)
                guard let difference = expected.difference(from: seen, emulator.kind.name, deviations) else { continue }
                result.differences.append("\(difference)\n  \(replay(scene.seed, step))")
                differs = true
                break  // the tables are no longer what both sides think
            }
            if !differs && results.sum(ofScene: index) != scene.sum {
                result.differences.append("the tables differ after the scene; \(replay(scene.seed, 0))")
            }
        }
    }

    /// Makes the accesses of a scene with the walkers. Nil where these differ among each other.
    private func expect(_ seed: UInt64, _ batch: inout EmulatorBatch, _ result: inout Result) -> ExpectedScene? {
        var scene = TableScene(
            ram: ram, physicalBits: processor.physicalBits, unusableSlots: [UInt64(FL_ORACLE_PML4_SLOT)], seed: seed)
        ram.table(TableScene.root)[Int(FL_ORACLE_PML4_SLOT)] = fl_emulator_link()
        var random = RandomSource(seed: ~seed)
        var expected = ExpectedScene(seed: seed)
        batch.begin(ram, accesses: EmulatorCheck.accessesPerScene)
        for step in 0..<EmulatorCheck.accessesPerScene {
            var controls = randomControls(&random)
            let access = fl_oracle_access(
                address: scene.nextAddress(), root_pfn: UInt32(TableScene.root),
                kind: fl_oracle_kind(rawValue: UInt32(random.below(3))), user: random.chance(50),
                store: UInt8(truncatingIfNeeded: random.next()))
            if deviations.contains(.keysOfAllPages) && controls.pke {
                controls.pkru &= ~3  // the guest's own pages have key 0
                if !access.user { (controls.pke, result.madeWithoutKeys) = (false, result.madeWithoutKeys + 1) }
            }
            let path = TablePath(of: access.address, ram)
            guard let outcome = agreed(access, controls, path, step, seed, &result) else { return nil }
            let tag = UInt8(truncatingIfNeeded: random.next())
            let made = ExpectedAccess(access, controls, outcome, path, tag: tag, ram)
            batch.add(made.access, hasKeys: features.hasKeys)
            expected.accesses.append(made)
        }
        expected.sum = sum()
        return expected
    }

    /// What all walkers say; leaves the tables as the emulator will.
    private func agreed(
        _ access: fl_oracle_access, _ controls: fl_oracle_controls, _ path: TablePath, _ step: Int, _ seed: UInt64,
        _ result: inout Result
    ) -> WalkOutcome? {
        before.take(from: ram)
        var expected: WalkOutcome?
        for walker in walkers {
            before.restore(to: ram)
            let outcome = walker.translate(access, controls: controls)
            if let expected, expected != outcome || !expectedTables.equals(ram) {
                result.differences.append(
                    "\(access) under \(controls)\n  \(walkers[0].name): \(expected)\n  \(walker.name): \(outcome)\n  "
                        + "\(expectedTables.difference(from: ram))\n  \(replay(seed, step))")
                return nil
            }
            expected = outcome
            expectedTables.take(from: ram)
        }
        if case .pageFault = expected { path.markFaulted(ram, nxe: controls.nxe, processor, deviations) }
        return expected
    }

    private func randomControls(_ random: inout RandomSource) -> fl_oracle_controls {
        fl_oracle_controls(
            wp: random.chance(60), smep: features.hasSMEP && random.chance(40),
            smap: features.hasSMAP && random.chance(40), pke: features.hasKeys && random.chance(50),
            nxe: random.chance(75), ac: random.chance(30), pkru: UInt32(truncatingIfNeeded: random.next()))
    }

    /// As the guest adds them up.
    private func sum() -> UInt64 {
        let entries = UnsafeBufferPointer(start: ram.table(TableScene.root), count: TableScene.tableFrames.count * 512)
        return entries.reduce(0) { ($0 << 5 | $0 >> 59) ^ $1 }
    }

    private func count(_ expected: ExpectedAccess, _ result: inout Result) {
        result.accesses += 1
        switch expected.outcome {
        case .translated:
            result.translated += 1
            result.gigabytePages += expected.path.isGigabytePage ? 1 : 0
        case .pageFault(let code):
            result.pageFaults += 1
            result.keyFaults += code & 32 != 0 ? 1 : 0
            let c = expected.access.controls
            result.smapFaults += code & 0x3d == 1 && !expected.access.user && c.smap && !c.ac ? 1 : 0
        case .generalProtection: result.generalProtections += 1
        case .outsideRAM: break
        }
    }

    private func replay(_ seed: UInt64, _ step: Int) -> String {
        "seed 0x\(String(seed, radix: 16)) access \(step); replay: FAULTLINE_SEED=0x\(String(seed, radix: 16)) "
            + "FAULTLINE_HARDWARE_ACCESSES=\(EmulatorCheck.accessesPerScene) swift test --filter Emulator"
    }
}
