import CShim

/// How a walk ended, whoever made it.
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
