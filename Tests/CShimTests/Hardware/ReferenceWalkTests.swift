import CHost
import CShim
import Testing

/// The walker and the TLB against the manual's walk, with features that the processor of this host may lack.
struct ReferenceWalkTests {
    /// What the accesses came to, so that a test which met little of it fails.
    private struct Tally {
        var translated = 0, gigabytePages = 0, protectionKey = 0, reserved = 0, supervisorDenied = 0, nonCanonical = 0

        mutating func count(_ outcome: WalkOutcome, _ access: fl_oracle_access, shift: UInt8) {
            switch outcome {
            case .translated:
                translated += 1
                gigabytePages += shift == 30 ? 1 : 0
            case .pageFault(let code):
                protectionKey += code & 32 != 0 ? 1 : 0
                reserved += code & 8 != 0 ? 1 : 0
                supervisorDenied += code == 1 && !access.user ? 1 : 0
            case .generalProtection: nonCanonical += 1
            case .outsideRAM: break
            }
        }
    }

    @Test("every feature: the same outcome, error code, accessed and dirty bits as the manual's walk")
    func everyFeature() {
        var ram = fl_ram()
        #expect(fl_ram_create(&ram, TableScene.frames << 12) == FL_OK)
        defer { fl_ram_destroy(&ram) }
        var tally = Tally()
        for seed in 1...400 as ClosedRange<UInt64> {
            if let difference = runScene(ram, seed, &tally) {
                Issue.record("seed \(seed): \(difference)")
                return
            }
        }
        // A comparison that met little of it would say little.
        let rarest = [
            tally.gigabytePages, tally.protectionKey, tally.reserved, tally.supervisorDenied, tally.nonCanonical,
        ].min()
        #expect(tally.translated > 5000 && rarest! > 40, "\(tally)")
    }

    private func runScene(_ ram: fl_ram, _ seed: UInt64, _ tally: inout Tally) -> String? {
        var random = RandomSource(seed: ~seed)
        let processor = ReferenceWalk.Processor(
            physicalBits: [36, 40, 48, 52][Int(random.below(4))], hasGigabytePages: random.chance(60),
            reservesGlobalInPML4: random.chance(50))
        var scene = TableScene(ram: ram, physicalBits: processor.physicalBits, unusableSlots: [], seed: seed)
        let reference = ReferenceWalker(ram: ram, processor: processor)
        let walker = CWalker(ram: ram, processor: processor)
        let others: [any WalkUnderTest] = [walker, CTranslator(ram: ram, processor: processor)]
        let before = TableSnapshot()
        let expected = TableSnapshot()
        for step in 0..<64 {
            let controls = fl_oracle_controls(
                wp: random.chance(50), smep: random.chance(40), smap: random.chance(40), pke: random.chance(50),
                nxe: random.chance(75), ac: random.chance(30), pkru: UInt32(truncatingIfNeeded: random.next()))
            let access = fl_oracle_access(
                address: scene.nextAddress(), root_pfn: UInt32(TableScene.root),
                kind: fl_oracle_kind(rawValue: UInt32(random.below(3))), user: random.chance(50), store: 0)
            before.take(from: ram)
            let outcome = reference.translate(access, controls: controls)
            expected.take(from: ram)
            for other in others {
                before.restore(to: ram)
                let got = other.translate(access, controls: controls)
                if got == outcome && expected.equals(ram) { continue }
                return "access \(step), \(access) under \(controls): the manual says \(outcome), \(other.name) \(got); "
                    + expected.difference(from: ram)
            }
            let walk = walker.walk(access, controls: controls)
            tally.count(outcome, access, shift: walk.shift)
        }
        return nil
    }
}
