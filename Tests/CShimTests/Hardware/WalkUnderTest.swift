import CHost
import CShim

/// How a walk ended, of either walker.
typealias WalkOutcome = ReferenceWalk.Outcome

/// A walker that the check holds against the virtual processor.
protocol WalkUnderTest {
    /// What a report calls it.
    var name: String { get }

    /// Walks for one access, accessed and dirty bits included.
    func translate(_ access: fl_oracle_access, controls: fl_oracle_controls) -> WalkOutcome
}

/// The manual's walk in Swift.
struct ReferenceWalker: WalkUnderTest {
    let name = "reference walk"
    let ram: fl_ram
    let processor: ReferenceWalk.Processor

    func translate(_ access: fl_oracle_access, controls: fl_oracle_controls) -> WalkOutcome {
        ReferenceWalk(ram: ram, processor: processor, controls: controls).translate(access)
    }
}

/// The manual's walk with one mistake in it, which a check worth its name must find.
struct MistakenWalker: WalkUnderTest {
    /// A mistake that a walker could make.
    enum Mistake: CaseIterable {
        case ignoresWriteProtect, ignoresSMEP, ignoresSMAP, ignoresAC, ignoresNXE, ignoresKeys
        case ignoresReservedAddressBits, ignoresAccessedBits, setsDirtyOnReads, ignoresFetchInErrorCode
    }

    let mistake: Mistake
    let ram: fl_ram
    let processor: ReferenceWalk.Processor

    var name: String { "walk that \(mistake)" }

    func translate(_ access: fl_oracle_access, controls: fl_oracle_controls) -> WalkOutcome {
        var (access, controls, processor) = (access, controls, processor)
        switch mistake {
        case .ignoresWriteProtect: controls.wp = true
        case .ignoresSMEP: controls.smep = false
        case .ignoresSMAP: controls.smap = false
        case .ignoresAC: controls.ac = false
        case .ignoresNXE: controls.nxe = true
        case .ignoresKeys: controls.pke = false
        case .ignoresReservedAddressBits: processor.physicalBits = 52
        case .setsDirtyOnReads where access.kind == FL_ORACLE_READ: access.kind = FL_ORACLE_WRITE
        default: break
        }
        let tables = UnsafeMutableBufferPointer(
            start: ram.table(TableScene.root), count: TableScene.tableFrames.count * 512)
        let before = mistake == .ignoresAccessedBits ? Array(tables) : []
        let outcome = ReferenceWalk(ram: ram, processor: processor, controls: controls).translate(access)
        if mistake == .ignoresAccessedBits { _ = tables.update(from: before) }
        if mistake == .ignoresFetchInErrorCode, case .pageFault(let code) = outcome {
            return .pageFault(errorCode: code & ~16)
        }
        return outcome
    }
}
