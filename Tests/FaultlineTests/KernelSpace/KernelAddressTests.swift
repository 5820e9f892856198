import Testing

@testable import Faultline

/// Fixed addresses, the array of `struct page`, rights of kernel pages, and accesses that may fail.
struct KernelAddressTests {
    @Test("the slots of the fixmap stand where the kernel has them, and a change flushes one page")
    func fixmap() throws {
        #expect(Fixmap.address(of: 511) == 0xffff_ffff_ff60_0000)
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let apic = try machine.setFixmap(process, 514, 0xfee0_0000)
        #expect(apic == 0xffff_ffff_ff5f_d000)
        #expect(try machine.physicalAddress(process, mappedAt: apic + 0x20) == 0xfee0_0020)
        #expect(try machine.kernelLoad(process, apic) == 255)
        let frame = try #require(machine.allocatePage(.kernel))
        _ = try machine.setFixmap(process, 643, frame << 12)
        let alias = Fixmap.address(of: 643)
        #expect(machine.kernelStore(alias + 5, 8) && machine.kernelLoad(machine.directMapped(frame << 12) + 5) == 8)
        let pages = machine.flushes.pages
        _ = try machine.setFixmap(process, 643, nil)
        #expect(machine.flushes.pages == pages + 1)
        #expect(machine.kernelLoad(alias) == nil)
        machine.putPage(frame)
        #expect(throws: Errno.EINVAL) { try machine.setFixmap(process, 644, 0) }
        #expect(machine.checkInvariants() == nil)
    }

    @Test("records of frames stand in pages of 2 MiB, one for each section that has RAM")
    func records() throws {
        let machine = try Machine.withKernelSpace(ramBytes: 5 << 30)
        let process = try machine.start()
        let record = try machine.recordAddress(process, 0x12345)
        #expect(record == machine.kernelLayout.vmemmap + 0x12345 * 64)
        #expect(try machine.frame(process, ofRecord: record) == 0x12345)
        let (entry, level) = try #require(machine.kernelEntry(record))
        #expect(level == PageTableLevel.pmd && entry.pointee & PTE.pageSizeBit != 0)
        #expect(throws: Errno.EINVAL) { try machine.frame(process, ofRecord: record + 8) }
        // No RAM lies between 3 GiB and 4 GiB.
        #expect(throws: Errno.EINVAL) { try machine.recordAddress(process, 0xc_0000) }
        #expect(try machine.kernelLoad(process, record) != nil)
        #expect(machine.takeUnmodelled() == [.recordBytes])
        #expect(try machine.mapLocally(process, 0x123) == machine.directMapped(0x123 << 12))
        #expect(machine.checkInvariants() == nil)
    }

    @Test("a right of an area's pages is one of their direct map, too, and everything is flushed for that")
    func alias() throws {
        let machine = try Machine.withKernelSpace()
        let area = try #require(machine.vmalloc(3 << 12))
        let frames = try #require(machine.kernel.vmalloc.frames[area])
        #expect(machine.kernelStore(area, 1) && machine.kernelStore(machine.directMapped(frames[0] << 12), 2))
        let before = (machine.flushes.everything, try #require(machine.kernelMemoryInfo()))
        try machine.changeKernelPages(area, pages: 1, set: 0, clear: PTE.writeBit | PTE.dirtyBit)
        #expect(machine.flushes.everything > before.0)
        #expect(!machine.kernelStore(machine.directMapped(frames[0] << 12), 3))
        #expect(!machine.kernelStore(area, 3))
        #expect(machine.kernelLoad(area) == 2)
        let info = try #require(machine.kernelMemoryInfo())
        #expect(info.directMapSplits[0] == before.1.directMapSplits[0] + 1)
        #expect(info.directMap == [before.1.directMap[0] + 512, before.1.directMap[1] - 1, before.1.directMap[2]])
        #expect(machine.checkInvariants() == nil)
        try machine.changeKernelPages(area, pages: 1, set: PTE.writeBit, clear: 0)
        #expect(machine.kernelStore(area, 3) && machine.kernelStore(machine.directMapped(frames[0] << 12), 4))
        // The direct map alone, in small pages: one INVLPG, and no second time.
        let (pages, all) = (machine.flushes.pages, machine.flushes.everything)
        let address = machine.directMapped(frames[0] << 12)
        try machine.changeKernelPages(address, pages: 1, set: 0, clear: PTE.writeBit)
        try machine.changeKernelPages(address, pages: 1, set: 0, clear: PTE.writeBit)
        #expect(machine.flushes.pages == pages + 1 && machine.flushes.everything == all)
        #expect(machine.checkInvariants() == nil)
        try machine.changeKernelPages(address, pages: 1, set: PTE.writeBit, clear: 0)
        try machine.vfree(area)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("get_user and put_user fault as the process does, and end in the exception table instead of a signal")
    func userAccess() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let address = try machine.mmap(process, 0x1000_0000_0000, 8192, prot: 3, flags: 0x32)
        try machine.putUser(process, address + 1, 9)
        #expect(try machine.getUser(process, address + 1) == 9)
        #expect(try machine.load(process, address + 1) == .success(9))
        #expect(throws: Errno.EFAULT) { try machine.getUser(process, address + 8192) }
        let object = try #require(machine.kmalloc(8, .kernel))
        #expect(throws: Errno.EFAULT) { try machine.getUser(process, object) }
        #expect(machine.takeKernelLog().isEmpty)
        #expect(machine.checkInvariants() == nil)
    }

    @Test("an access with a row in the exception table ends in no oops")
    func withoutOops() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let area = try #require(machine.vmalloc(4096))
        #expect(try machine.loadWithoutOops(process, area) == 0)
        #expect(throws: Errno.EFAULT) { try machine.loadWithoutOops(process, area + 4096) }
        #expect(throws: Errno.ERANGE) { try machine.loadWithoutOops(process, 4096) }
        #expect(!machine.kernel.hasOopsed && machine.takeKernelLog().isEmpty)
    }

    @Test("a watch hears of each access of its bytes before and after, and the page is there for one instruction")
    func watch() throws {
        let machine = try Machine.withKernelSpace()
        let device = try machine.ioremap(0xfee0_0000, 8192)
        var seen: [(String, WatchedAccess)] = []
        let watch = MemoryWatch(
            address: device + 16, length: 4, before: { seen.append(("before", $0)) },
            after: { seen.append(("after", $0)) })
        let number = try machine.watchKernelMemory(watch)
        #expect(machine.kernelStore(device + 17, 3) && machine.kernelLoad(device + 19) == 255)
        #expect(machine.kernelLoad(device + 20) == 255)
        #expect(seen.map(\.0) == ["before", "after", "before", "after"])
        #expect(seen[0].1 == WatchedAccess(address: device + 17, isWrite: true, value: 3))
        #expect(seen[2].1.value == nil && seen[3].1.value == 255)
        #expect(machine.checkInvariants() == nil)
        machine.endWatch(number)
        #expect(machine.kernelLoad(device + 17) == 255 && seen.count == 4)
        #expect(throws: Errno.EINVAL) {
            try machine.watchKernelMemory(MemoryWatch(address: machine.directMapped(0), length: 4))
        }
        #expect(machine.takeKernelLog().isEmpty && machine.checkInvariants() == nil)
    }

    @Test("an oops has the registers and the code of the access, and where the kernel was called from")
    func oops() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        machine.callLine = 12
        let address = machine.kernelLayout.vmalloc + 0x5000
        try machine.kernelStore(process, address, 0x41)
        let log = machine.takeKernelLog()
        #expect(log[0] == "BUG: unable to handle page fault for address: ffffc90000005000")
        #expect(log[1] == "#PF: supervisor write access in kernel mode")
        #expect(log[2] == "#PF: error_code(0x0002) - not-present page")
        #expect(log[3].hasPrefix("PGD ") && log[3].hasSuffix(" PUD 0 "))
        #expect(log[4] == "Oops: Oops: 0002 [#1] SMP NOPTI")
        #expect(log[6] == "RIP: 0010:kstore+0x4/0x8")
        #expect(log[7].hasSuffix("90 f3 0f 1e fa <40> 88 37 c3 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90"))
        #expect(log[7].split(separator: " ").count == 65)
        #expect(log.contains("RDX: 0000000000000000 RSI: 0000000000000041 RDI: ffffc90000005000"))
        let trace = try #require(log.firstIndex(of: "Call Trace:"))
        #expect(
            Array(log[trace...(trace + 4)]) == [
                "Call Trace:", " <TASK>", " line:12", " </TASK>", "CR2: ffffc90000005000",
            ])
        #expect(log[trace + 5] == "---[ end trace 0000000000000000 ]---")
        #expect(log[trace + 6] == "RIP: 0010:kstore+0x4/0x8")
    }

    @Test("behind a general protection fault CR2 has the address of the page fault before it, also after going back")
    func lastFaultAddress() throws {
        let machine = try Machine.withKernelSpace()
        let process = try machine.start()
        let place = try machine.mmap(process, 0, 4096, prot: 3, flags: 0x22)
        _ = try machine.store(process, place + 5, 1)
        let taken: MachineCheckpoint? = machine.checkpoint()
        _ = try machine.store(process, 4096, 1)
        machine.restore(try #require(taken))
        try machine.kernelStore(process, 0x8000_0000_0000_0000, 0x41)
        let digits = String(place + 5, radix: 16)
        let line = "CR2: \(String(repeating: "0", count: 16 - digits.count))\(digits) CR3: "
        #expect(machine.takeKernelLog().contains { $0.hasPrefix(line) })
    }
}
