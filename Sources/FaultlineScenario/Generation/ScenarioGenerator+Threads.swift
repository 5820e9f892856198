extension ScenarioGenerator {
    /// A second thread, on the second CPU.
    mutating func beginThreads() {
        let thread = name("t")
        lines.append("\(thread) = clone_vm()")
        lines.append("\(thread): run_on(1)")
        processes.append(thread)
    }

    /// `run_on`, to the first or second CPU and seldom to one that is not there; `idle`, or a `barrier`.
    mutating func chooseCPU() {
        if random.chance(25) { return emit("idle()") }
        if random.chance(5) { return emit("barrier()") }
        emit("run_on(\(random.pick(weighted: [("0", 8), ("1", 10), ("64", 1)])))")
    }
}

extension ScenarioProfile {
    /// The numbers of the profile `threads`.
    static let threadsShape = ProfileShape(
        steps: [
            (.runOn, 90), (.cloneVM, 45), (.fork, 70), (.vfork, 15), (.exit, 45),
            (.mapAnonymous, 200), (.mapFile, 80), (.protect, 150), (.remap, 90), (.unmap, 80), (.advise, 180),
            (.load, 120), (.store, 240), (.readPages, 90), (.writePages, 160), (.residency, 30), (.lock, 40),
            (.unlock, 20), (.lockOnFault, 15), (.memWrite, 30), (.memRead, 20), (.truncate, 20), (.punchHole, 15),
            (.newFile, 10), (.moveBreak, 20), (.segment, 10),
        ], processLimit: 4, beginsWithFiles: true,
        advice: anonymousAdvice + [("FREE", 4), ("DONTNEED", 3), ("COLD", 1)], workingShare: 85)
}
