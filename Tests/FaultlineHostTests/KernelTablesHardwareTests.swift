import CHost
import CShim
import Testing

@testable import Faultline

/// The kernel's own tables of a simulated machine before a processor: accesses through them end there as the machine says.
@Suite("The kernel's tables on hardware", .serialized)
struct KernelTablesHardwareTests {
    /// An access, and what the machine's walk of it came to.
    private struct Access {
        let address: UInt64
        let kind: AccessKind
        let isUser: Bool

        var description: String {
            "\(isUser ? "user" : "supervisor") \(kind) of 0x\(String(address, radix: 16))"
        }
    }

    private let machine: Machine
    private let oracle: OpaquePointer
    private let root: PFN

    init() throws {
        machine = try Machine(ramBytes: 64 << 20)
        try machine.bringUpKernel()
        // The oracle takes an entry of the root, and twelve frames for itself.
        let own = try #require(machine.allocatePage(AllocationRequest(.kernel, order: 4)))
        root = try #require(machine.allocateTableFrame())
        machine.shareUpperHalf(root)
        var ram = machine.frames.ram
        var made: OpaquePointer?
        #expect(fl_oracle_create(&made, &ram, own) == FL_ORACLE_OK)
        oracle = try #require(made)
        #expect(fl_oracle_link(oracle, root) == FL_ORACLE_OK)
        var controls = fl_oracle_controls()
        (controls.wp, controls.nxe) = (true, true)
        fl_oracle_set_controls(oracle, &controls)
    }

    /// What the machine's walker says, in the words of the oracle's outcome.
    private func walk(_ access: Access) -> String {
        var (walk, ram, paging) = (fl_walk(), machine.frames.ram, machine.cpu.mmu.cpu.pointee.paging)
        paging.smep = false
        paging.pke = false
        fl_walk_tables(
            &ram, &paging, root << 12, access.address, fl_access_kind(rawValue: access.kind.rawValue), access.isUser,
            &walk)
        switch UInt32(walk.status) {
        case FL_WALK_OK.rawValue: return "physical 0x" + String(walk.physical, radix: 16)
        case FL_WALK_PAGE_FAULT.rawValue: return "#PF \(walk.error)"
        default: return "#GP"
        }
    }

    /// What the processor says. A byte put where the walk leads shows that it was there.
    private func run(_ access: Access, expecting expected: String) -> String {
        let physical = expected.hasPrefix("physical") ? UInt64(expected.dropFirst(11), radix: 16) : nil
        let place = physical.flatMap { $0 < machine.frames.ram.bytes ? machine.frames.ram.base + Int($0) : nil }
        let saved = place?.pointee
        defer { if let saved { place?.pointee = saved } }
        place?.pointee = access.kind == .read ? 0xa7 : 0
        var asked = fl_oracle_access(
            address: access.address, root_pfn: UInt32(root), kind: fl_oracle_kind(rawValue: access.kind.rawValue),
            user: access.isUser, store: 0x5b)
        var seen = fl_oracle_outcome()
        guard fl_oracle_run(oracle, &asked, &seen) == FL_ORACLE_OK else { return "refused" }
        switch seen.end {
        case FL_ORACLE_DONE:
            guard let place else { return "done" }
            let isThere = access.kind == .read ? seen.loaded == 0xa7 : place.pointee == 0x5b
            return isThere ? expected : "done elsewhere"
        case FL_ORACLE_MMIO: return "physical 0x" + String(seen.physical, radix: 16)
        case FL_ORACLE_EXCEPTION: return seen.vector == 14 ? "#PF \(seen.error_code)" : "#GP"
        default: return "lost"
        }
    }

    /// An address in each part of the kernel's half, what lies beside it, and pages without a right.
    private func accesses() throws -> [Access] {
        let areas = try (0..<3).map { try #require(machine.vmalloc(UInt64($0 + 1) << 12)) }
        let huge = try #require(machine.vmalloc(2 << 20, isHuge: true))
        try machine.changeKernelPages(areas[1], pages: 1, set: 0, clear: PTE.writeBit | PTE.dirtyBit)
        let object = try #require(machine.kmalloc(100, .kernel))
        let pointer = try #require(machine.allocatePerCPU(32 << 10, align: 8, .kernel))
        let device = try machine.ioremap(0xfee0_0000, 8192)
        var addresses = [object, huge + 0x12345, device + 0x20, device + 8192, machine.kernelLayout.vmemmap + 0x40]
        addresses += areas.flatMap { [$0, $0 + 4095, $0 + 12288] }
        addresses += (0..<2).map { pointer &+ machine.perCPUOffset($0) + 5000 }
        addresses += try #require(machine.kernel.vmalloc.frames[areas[1]]).map { machine.directMapped($0 << 12) }
        addresses += [machine.directMapped(0), machine.directMapped(63 << 20), machine.directMapped(64 << 20)]
        return addresses.flatMap { address in
            [
                Access(address: address, kind: .read, isUser: false),
                Access(address: address, kind: .write, isUser: false),
                Access(address: address, kind: .read, isUser: true),
            ]
        }
    }

    @Test(
        "accesses through the kernel's tables end on hardware as in the machine",
        .enabled(if: fl_oracle_available(), "no /dev/kvm on this host"))
    func accessesEndAsOnHardware() throws {
        defer { fl_oracle_destroy(oracle) }
        var (translated, faults, skipped) = (0, 0, 0)
        let all = try accesses()
        machine.shareUpperHalf(root)
        #expect(fl_oracle_link(oracle, root) == FL_ORACLE_OK)
        #expect(fl_oracle_forget(oracle) == FL_ORACLE_OK)
        for access in all {
            guard fl_oracle_is_usable_slot(oracle, UInt32(access.address >> 39 & 511)) else {
                skipped += 1
                continue
            }
            let expected = walk(access)
            #expect(run(access, expecting: expected) == expected, "\(access.description)")
            if expected.hasPrefix("physical") { translated += 1 } else { faults += 1 }
        }
        print(
            "kernel tables on hardware: \(translated) translated, \(faults) faults, \(skipped) through slots not usable"
        )
        #expect(skipped == all.count || (translated > 20 && faults > 20))
    }
}
