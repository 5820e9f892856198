extension ScenarioProfile {
    /// The numbers of the profile `words`.
    static let wordsShape = ProfileShape(
        steps: [
            (.descriptor, 120), (.sealFile, 120), (.dropCapability, 40), (.repeatCall, 120), (.mapFile, 250),
            (.setUser, 60), (.shareSegment, 80), (.adviseFile, 160), (.residency, 60), (.memRead, 20), (.memWrite, 20),
            (.becomeAgent, 12),
            (.mapAnonymous, 200), (.mapNamed, 40), (.protect, 150), (.remap, 120), (.unmap, 80), (.advise, 80),
            (.load, 60), (.store, 120), (.readPages, 60), (.writePages, 120), (.fork, 80), (.exit, 20), (.truncate, 60),
            (.punchHole, 40), (.writeFile, 80), (.fileCall, 60), (.limit, 40), (.lock, 60), (.lockOnFault, 20),
            (.lockAll, 20),
        ], processLimit: 4, showsFlags: true, beginsWithFiles: true,
        advice: [
            ("DONTNEED", 5), ("REMOVE", 3), ("POPULATE_READ", 3), ("POPULATE_WRITE", 3), ("FREE", 2), ("COLD", 1),
            ("PAGEOUT", 2), ("WILLNEED", 1),
            ("WIPEONFORK", 1), ("DONTFORK", 1),
        ])
}
