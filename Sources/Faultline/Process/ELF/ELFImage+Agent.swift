extension ELFImage {
    /// The tiny program that makes a scenario's calls (``InitialAddressSpace/scenarioAgent``) as a file: headers, code, bss.
    public static let scenarioAgent = ELFImage(
        name: "/agent", bytes: [UInt8](repeating: 0, count: 8192), kind: .executable, entry: 0x40_1000,
        segments: [
            Segment(
                number: 0, offset: 0, address: 0x40_0000, fileSize: 4096, memorySize: 4096, alignment: 4096,
                protection: 1),
            Segment(
                number: 1, offset: 4096, address: 0x40_1000, fileSize: 4096, memorySize: 4096, alignment: 4096,
                protection: 5),
            Segment(
                number: 2, offset: 0, address: 0x40_2000, fileSize: 0, memorySize: 0x5000, alignment: 4096,
                protection: 3),
        ], interpreter: nil, hasExecutableStack: false)
}
