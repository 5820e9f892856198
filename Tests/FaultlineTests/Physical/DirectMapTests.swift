import Testing

@testable import Faultline

/// The direct map that a boot makes.
struct DirectMapTests {
    private func pages(_ log: String, _ parameters: [String] = []) throws -> [UInt64] {
        var options = BootOptions()
        for parameter in parameters { try options.set(parameter) }
        let machine = try Machine(boot: BootLayout(FirmwareMap(log: log), options))
        try machine.bringUpKernel()
        #expect(machine.checkInvariants() == nil)
        return try #require(machine.kernelMemoryInfo()).directMap
    }

    @Test("24 GiB are counted as 26, since the last GiB is mapped three times")
    func counts() throws {
        let made = try pages(BootTests.log)
        #expect(made == [512, 511, 25])
        // What /proc/meminfo says there. Its vmstat counts 5 splits of 2 MiB since the boot was over; the boot had made 9 and one of
        // 1 GiB for the rights of the kernel's image and its modules.
        let live: [UInt64] = [30_720 / 4, 2_066_432 / 2048, 25_165_824 >> 20]
        let (large, huge) = (5 + 9 as UInt64, 1 as UInt64)
        #expect(live == [made[0] + 512 * large, made[1] + 512 * huge - large, made[2] - huge])
    }

    @Test("RAM is mapped from the top down, in steps that grow, the first MiB before it")
    func order() throws {
        let pieces = try BootLayout(FirmwareMap(log: BootTests.log), BootOptions()).directMap
        let (mib, gib) = (1 << 20 as UInt64, 1 << 30 as UInt64)
        #expect(
            pieces == [
                DirectMapPiece(range: 0..<mib, shift: 12),
                DirectMapPiece(range: 25 * gib - 2 * mib..<25 * gib, shift: 30),
                DirectMapPiece(range: 24 * gib + 512 * mib..<25 * gib - 2 * mib, shift: 30),
                DirectMapPiece(range: mib..<2 * mib, shift: 12), DirectMapPiece(range: 2 * mib..<gib, shift: 21),
                DirectMapPiece(range: gib..<3 * gib, shift: 30),
                DirectMapPiece(range: 4 * gib..<24 * gib + 512 * mib, shift: 30),
            ])
    }

    @Test("what ends inside of a large page is mapped by small ones, and a hole by none")
    func ends() throws {
        let low = "BIOS-e820: [mem 0x0-0x9ffff] usable\nBIOS-e820: [mem 0x100000-"
        // 64 MiB and three pages; 2 MiB is the least that is mapped at once, from below the tail.
        #expect(try pages(low + "0x4002fff] usable") == [512 + 3, 31, 0])
        #expect(try pages(low + "0x3ffffff] usable") == [512, 31, 0])
        #expect(
            try pages(low + "0x3ffffff] usable\nBIOS-e820: [mem 0x4800000-0x8ffffff] usable") == [512, 31 + 36, 0])
        #expect(try pages(BootTests.log, ["mem=2G"]) == [512, 511, 3])
        // The initial RAM disk has the top: the tables' first block lies below it, and the top comes last.
        #expect(try pages(low + "0x3ffffff] usable", ["initrdmem=0x3e00000,2M"]) == [512, 31, 0])
    }
}
