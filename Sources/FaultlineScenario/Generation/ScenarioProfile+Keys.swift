extension ScenarioProfile {
    /// The numbers of the profile `keys`.
    static let keysShape = ProfileShape(
        steps: [
            (.protectionKey, 420), (.mapAnonymous, 200), (.mapFile, 60), (.protect, 200), (.remap, 80), (.unmap, 50),
            (.advise, 80), (.load, 150), (.store, 150), (.readPages, 100), (.writePages, 100), (.execute, 50),
            (.residency, 20), (.fork, 60), (.exit, 20), (.lock, 60), (.lockOnFault, 10), (.unlock, 30),
            (.lockAll, 10), (.seal, 10), (.newFile, 15), (.truncate, 15), (.punchHole, 15),
        ], processLimit: 3, beginsWithFiles: true, advice: anonymousAdvice,
        extraFlags: [("|MAP_NORESERVE", 5), ("|MAP_POPULATE", 12), ("|MAP_LOCKED", 5), ("", 78)], executeOnly: 4)
}
