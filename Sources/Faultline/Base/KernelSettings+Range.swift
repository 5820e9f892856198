extension KernelSettings {
    /// CONFIG_NR_CPUS of the CPUs that are simulated: a mask of them is a word.
    public static var mostSimulatedCPUs: Int { 64 }

    /// The settings that a machine works with: a value outside its range becomes the nearest one inside.
    public var clamped: KernelSettings {
        var settings = self
        settings.clampLayout()
        settings.clampMemory()
        settings.clampDisk()
        // CONFIG_NR_CPUS.
        Self.clamp(&settings.presentCPUs, 1...256)
        Self.clamp(&settings.cpu.extendedStateBytes, 576...16_384)
        Self.clamp(&settings.flushCeiling, 0...(1 << 20))
        Self.clamp(&settings.simulatedCPUs, 1...min(settings.presentCPUs, Self.mostSimulatedCPUs))
        return settings
    }

    private static func clamp<Value: Comparable>(_ value: inout Value, _ range: ClosedRange<Value>) {
        value = min(max(value, range.lowerBound), range.upperBound)
    }

    private mutating func clampLayout() {
        Self.clamp(&maxMapCount, 0...0x7fff_ffff)
        Self.clamp(&mmapMinAddress, 0...(1 << 46))
        Self.clamp(&privilegedMinAddress, 0...(1 << 46))
        Self.clamp(&stackGuardGap, 0...(1 << 44))
        Self.clamp(&randomizeVASpace, 0...2)
        Self.clamp(&mmapRandomBits, 0...32)
    }

    private mutating func clampMemory() {
        Self.clamp(&overcommitMode, 0...2)
        Self.clamp(&overcommitRatio, 0...0x7fff_ffff)
        Self.clamp(&adminReserveKiB, 0...(1 << 40))
        Self.clamp(&userReserveKiB, 0...(1 << 40))
        Self.clamp(&swappiness, 0...200)
        Self.clamp(&panicOnOutOfMemory, 0...2)
        // IPCMNI.
        Self.clamp(&shmMaxSegments, 0...32768)
        roundFaultAround()
    }

    private mutating func clampDisk() {
        Self.clamp(&readaheadPages, 0...(1 << 20))
        Self.clamp(&diskBlocks, 0...(1 << 32))
        Self.clamp(&diskPageMicroseconds, 0...1_000_000_000)
        Self.clamp(&dirtyBackgroundRatio, 0...100)
        Self.clamp(&dirtyRatio, 0...100)
        Self.clamp(&dirtyBackgroundBytes, 0...UInt64(Int64.max))
        Self.clamp(&dirtyBytes, 0...UInt64(Int64.max))
        Self.clamp(&dirtyWritebackCentiseconds, 0...0x7fff_ffff)
        Self.clamp(&dirtyExpireCentiseconds, 0...0x7fff_ffff)
    }
}
