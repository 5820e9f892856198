import Faultline
import FaultlineInspect
import Testing

/// What `faultline fork` says of a process, beside what the simulated kernel does with it step by step.
struct ForkForecastTests {
    private static let text = """
        400000-440000 rw-p 00000000 fe:00 7                          /bin/program
        VmFlags: rd wr mr mw me ac
        7f0000000000-7f0000100000 rw-p 00000000 00:00 0
        VmFlags: rd wr mr mw me ac
        7f0000200000-7f0000210000 rw-p 00000000 00:00 0
        VmFlags: rd wr mr mw me ac dc
        7f0000220000-7f0000230000 rw-p 00000000 00:00 0
        VmFlags: rd wr mr mw me ac wf
        7f0000240000-7f0000250000 rw-s 00000000 00:01 9              /memfd:m (deleted)
        VmFlags: rd wr sh mr mw me ms
        7f0000260000-7f0000270000 r-xp 00000000 fe:00 8              /lib/x.so
        VmFlags: rd ex mr mw me
        """

    private func pages(
        _ start: UInt64, _ count: Int, _ kind: ObservedPage.Kind, frame: UInt64 = 0, mapCount: Int = 1
    ) -> [ObservedPage] {
        (0..<count).map { index in
            var page = ObservedPage(address: start + UInt64(index) << 12, kind: kind)
            page.frame = frame == 0 ? 0 : frame + UInt64(index)
            page.mapCount = mapCount
            page.isExclusive = mapCount == 1
            return page
        }
    }

    private func process() throws -> ProcessDescription {
        var process = try ProcessDescription(Self.text.utf8)
        let found: [[ObservedPage]] = [
            pages(0x40_0000, 3, .anonymous, frame: 100) + pages(0x41_0000, 5, .file, frame: 200, mapCount: 4),
            pages(0x7f00_0000_0000, 100, .anonymous, frame: 1000) + pages(0x7f00_0008_0000, 7, .zero, frame: 1),
            pages(0x7f00_0020_0000, 4, .anonymous, frame: 2000), pages(0x7f00_0022_0000, 6, .anonymous, frame: 3000),
            pages(0x7f00_0024_0000, 8, .file, frame: 4000), pages(0x7f00_0026_0000, 9, .file, frame: 5000, mapCount: 3),
        ]
        for index in found.indices { process.areas[index].pages = found[index] }
        return process
    }

    @Test("each VMA has what fork does with it, its entries, its charge and its growth")
    func areas() throws {
        let forecast = try ForkForecast(try process())
        #expect(forecast.areas.map(\.action) == [.copied, .copied, .leftOut, .wiped, .refilled, .refilled])
        #expect(forecast.areas.map(\.copiedEntries) == [8, 107, 0, 0, 0, 0])
        #expect(forecast.areas.map(\.writeProtectedEntries) == [3, 100, 0, 0, 0, 0])
        #expect(forecast.areas.map(\.committedKiB) == [256, 1024, 0, 64, 0, 0])
        #expect(forecast.areas.map(\.childWriteFaults) == [8, 107, 0, 6, 0, 0])
        #expect(forecast.areas.map(\.growthOfChildKiB) == [32, 428, 0, 24, 0, 0])
        #expect(forecast.areas.map(\.growthOfParentKiB) == [32, 428, 0, 0, 0, 0])
        #expect(forecast.areas.map(\.growthOfBothKiB) == [52, 456, 0, 24, 0, 0])
        #expect(forecast.areas.allSatisfy(\.unknown.isEmpty) && forecast.notes.isEmpty)
        #expect(forecast.child.residentKiB == 4 * (3 + 5 + 100))
        // A table of each level below the top one for the program, and for the memory at 7f....
        #expect(forecast.child.pageTablesKiB == 4 * (3 + 3))
    }

    @Test("growth is what the simulated machine has less of when child, parent, or both write", arguments: [1, 2, 3])
    func growth(who: Int) throws {
        let process = try process()
        let machine = try Machine(ramBytes: 64 << 20)
        let parent = try machine.start(process.populatedSpace)
        let child = try machine.fork(parent)
        // The tables that it takes are not growth of the pages.
        func used() throws -> UInt64 { machine.memoryInfo().anonPages }
        let before = try used()
        for area in process.areas where area.region.isWritable && !area.region.isShared {
            for page in area.pages ?? [] {
                if who & 1 != 0, area.flagNames?.contains("dc") != true {
                    _ = try machine.store(child, page.address, 1)
                }
                if who & 2 != 0 { _ = try machine.store(parent, page.address, 2) }
            }
        }
        let forecast = try ForkForecast(process)
        let expected = [
            0, forecast.sum(\.growthOfChildKiB), forecast.sum(\.growthOfParentKiB), forecast.sum(\.growthOfBothKiB),
        ][who]
        #expect(Int(try used() - before) * 4 == expected)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("Pss counts all mappers, those outside among them")
    func shares() throws {
        let forecast = try ForkForecast(try process())
        // Exclusive: 3 + 100 + 4 + 6 + 8 pages; 5 of four mappers, 9 of three, whose thirds are rounded down.
        #expect(forecast.parentBefore.proportionalKiB == 4 * 121 + 5 + 11)
        #expect(forecast.parentAfter.proportionalKiB == 4 * 18 + 2 * 103 + 15)
        #expect(forecast.child.proportionalKiB == 2 * 103 + 3)
        var hidden = try process()
        hidden.areas[0].pages = pages(0x40_0000, 3, .anonymous)
        #expect(try ForkForecast(hidden).child.proportionalKiB == nil)
    }

    @Test("the commitment is judged as the kernel does, with the figures", arguments: [0, 1, 2])
    func commitment(mode: Int) throws {
        var limits = CommitLimits()
        limits.overcommitMode = mode
        limits.memoryKiB = 1000
        limits.limitKiB = 2990
        limits.committedKiB = 1600
        let refused = try ForkForecast(try process(), limits: limits).commitment
        #expect(refused.chargedKiB == 1344 && refused.isAllowed == (mode == 1))
        limits.memoryKiB = 1024
        limits.limitKiB = 2944 + 48
        let allowed = try ForkForecast(try process(), limits: limits).commitment
        #expect(allowed.isAllowed == (mode != 2))
        limits.limitKiB = 4000
        #expect(try ForkForecast(try process(), limits: limits).commitment.isAllowed == true)
        #expect(try ForkForecast(try process()).commitment.isAllowed == nil)
    }

    @Test("what is not known is said: huge pages, swapped pages, pages shared with processes outside, hidden tables")
    func unknown() throws {
        var process = try process()
        process.areas[1].figures["AnonHugePages"] = 2048
        process.areas[1].pages =
            pages(0x7f00_0000_0000, 2, .swapped) + pages(0x7f00_0000_2000, 1, .anonymous, mapCount: 2)
        let forecast = try ForkForecast(process, pageTablesKiB: 4000)
        #expect(forecast.areas[1].unknown.count == 3 && forecast.areas[1].copiedSwapEntries == 2)
        #expect(forecast.areas[1].growthOfBothKiB == 8)
        #expect(forecast.notes.count == 1 && forecast.notes[0].hasPrefix("VmPTE is 4000 kB"))
        #expect(forecast.text.contains("not known: 0x7f0000000000"))
    }
}
