extension ScenarioProfile {
    /// The numbers of the profile `full`.
    static let fullShape = ProfileShape(
        steps: [
            (.fullFile, 420), (.mapFile, 220), (.store, 160), (.writePages, 160), (.load, 100), (.readPages, 110),
            (.writeFile, 110), (.punchHole, 90), (.truncate, 100), (.fileCall, 80), (.advise, 170), (.residency, 50),
            (.protect, 60), (.remap, 60), (.unmap, 80), (.lock, 50), (.lockOnFault, 20), (.unlock, 30), (.memWrite, 30),
            (.memRead, 30), (.fork, 40), (.exit, 20), (.mapAnonymous, 40),
        ], processLimit: 3, beginsWithFiles: true, beginsMapped: false,
        advice: [
            ("REMOVE", 6), ("POPULATE_READ", 5), ("POPULATE_WRITE", 5), ("PAGEOUT", 5), ("DONTNEED", 4), ("COLD", 1),
            ("WILLNEED", 1),
        ])

    /// The numbers of the profile `caches`. What reads a disk file ahead is left out: how far such a read has come when the next
    /// statement runs is a matter of the disk.
    static let cachesShape = ProfileShape(
        steps: [
            (.dropCaches, 170), (.mapFile, 300), (.store, 150), (.writePages, 90), (.load, 150), (.readPages, 140),
            (.residency, 150), (.writeFile, 60), (.punchHole, 40), (.truncate, 40), (.synchronize, 60), (.newFile, 30),
            (.advise, 100), (.protect, 60), (.remap, 60), (.unmap, 140), (.lock, 40), (.unlock, 30), (.fork, 40),
            (.exit, 20), (.mapAnonymous, 50),
        ], processLimit: 3, beginsWithFiles: true, executes: false,
        advice: [
            ("DONTNEED", 8), ("REMOVE", 2), ("POPULATE_READ", 3), ("POPULATE_WRITE", 2), ("PAGEOUT", 3), ("COLD", 1),
        ])
}
