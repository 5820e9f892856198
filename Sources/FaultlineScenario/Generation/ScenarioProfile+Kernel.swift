extension ScenarioProfile {
    static let pagesShape = ProfileShape(
        steps: [
            (.pages, 500), (.mapAnonymous, 150), (.writePages, 150), (.store, 60), (.load, 60), (.mapFile, 60),
            (.unmap, 60), (.advise, 60), (.fork, 40), (.exit, 20), (.lock, 20),
        ], processLimit: 3, beginsWithFiles: true, advice: anonymousAdvice)

    /// The numbers of the profile `kernel`.
    static let kernelShape = ProfileShape(
        steps: [
            (.kernelObject, 400), (.slabCache, 200), (.kernelArea, 300), (.kernelAccess, 300), (.perCPUArea, 250),
            (.kernelAddress, 120), (.mapAnonymous, 60),
            (.writePages, 60), (.unmap, 30), (.fork, 30), (.exit, 20),
        ], processLimit: 3)
}
