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

    /// The numbers of the profile `swap`.
    static let swapShape = ProfileShape(
        steps: [
            (.swap, 2190), (.readPages, 300), (.writePages, 190), (.load, 452), (.store, 304), (.residency, 109),
            (.mapAnonymous, 103), (.remap, 139), (.unmap, 97), (.protect, 79), (.advise, 423), (.lock, 33),
            (.unlock, 27),
            (.fork, 180), (.exit, 10),
        ], processLimit: 3, lastBlockLength: 4, executes: false, beginsMapped: false,
        advice: [
            ("COLD", 76), ("WILLNEED", 64), ("FREE", 61), ("POPULATE_READ", 48), ("RANDOM", 39), ("WIPEONFORK", 36),
            ("DONTNEED", 33), ("POPULATE_WRITE", 30), ("DONTFORK", 21), ("REMOVE", 15),
        ],
        extraFlags: [("|MAP_POPULATE", 10), ("", 90)], workingShare: 75)

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
