extension ScenarioProfile {
    /// The numbers of the profile `kernel`.
    static let kernelShape = ProfileShape(
        steps: [
            (.kernelObject, 400), (.slabCache, 200), (.kernelArea, 300), (.kernelAccess, 300), (.perCPUArea, 250),
            (.kernelAddress, 120), (.mapAnonymous, 60),
            (.writePages, 60), (.unmap, 30), (.fork, 30), (.exit, 20),
        ], processLimit: 3)
}
