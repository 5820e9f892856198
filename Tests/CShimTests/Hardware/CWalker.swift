import CHost
import CShim

/// The walker of `CShim`, compared with the virtual processor.
struct CWalker: WalkUnderTest {
    let name = "C walker"
    let ram: fl_ram
    let processor: ReferenceWalk.Processor

    func translate(_ access: fl_oracle_access, controls: fl_oracle_controls) -> WalkOutcome {
        let walk = walk(access, controls: controls)
        return WalkOutcome(status: UInt32(walk.status), physical: walk.physical, error: walk.error)
    }

    /// With page size and level.
    func walk(_ access: fl_oracle_access, controls: fl_oracle_controls) -> fl_walk {
        var ram = ram
        var paging = fl_paging(controls, processor)
        var walk = fl_walk()
        fl_walk_tables(
            &ram, &paging, UInt64(access.root_pfn) << 12, access.address, access.walkKind, access.user, &walk)
        return walk
    }
}

/// A CPU with TLBs that are emptied before each access: the same walk, by way of the caches' code.
final class CTranslator: WalkUnderTest {
    let name = "C TLB"
    private let ram: fl_ram
    private let processor: ReferenceWalk.Processor
    private var cpu = fl_cpu()

    init(ram: fl_ram, processor: ReferenceWalk.Processor) {
        self.ram = ram
        self.processor = processor
        var ram = ram
        var geometry = fl_tlb_geometry()
        let shape = fl_tlb_shape(sets: 4, ways: 2, replacement: FL_REPLACE_PLRU.rawValue)
        geometry.shapes = (shape, shape, shape, shape, shape, shape, shape, shape, shape, shape, shape)
        var paging = fl_paging()
        paging.physical_bits = 52
        var failed: UInt32 = 0
        let status = fl_cpu_create(&cpu, &ram, &geometry, &paging, &failed)
        precondition(status == FL_TLB_OK, "a good shape is taken")
    }

    deinit { fl_cpu_destroy(&cpu) }

    func translate(_ access: fl_oracle_access, controls: fl_oracle_controls) -> WalkOutcome {
        var paging = fl_paging(controls, processor)
        fl_cpu_set_controls(&cpu, &paging, false, false)
        fl_cpu_load_cr3(&cpu, UInt64(access.root_pfn) << 12)
        let result = fl_cpu_translate_slow(&cpu, access.address, access.walkKind, access.user)
        return WalkOutcome(status: result.status, physical: result.physical, error: result.error)
    }
}

extension fl_oracle_access {
    fileprivate var walkKind: fl_access_kind {
        switch kind {
        case FL_ORACLE_WRITE: FL_WRITE
        case FL_ORACLE_EXECUTE: FL_EXECUTE
        default: FL_READ
        }
    }
}

extension fl_paging {
    fileprivate init(_ controls: fl_oracle_controls, _ processor: ReferenceWalk.Processor) {
        self.init()
        pkru = controls.pkru
        physical_bits = UInt8(processor.physicalBits)
        wp = controls.wp
        smep = controls.smep
        smap = controls.smap
        pke = controls.pke
        nxe = controls.nxe
        ac = controls.ac
        gigabyte_pages = processor.hasGigabytePages
        reserves_global_in_pml4 = processor.reservesGlobalInPML4
    }
}

extension WalkOutcome {
    fileprivate init(status: UInt32, physical: UInt64, error: UInt32) {
        switch status {
        case FL_WALK_OK.rawValue: self = .translated(physical: physical)
        case FL_WALK_PAGE_FAULT.rawValue: self = .pageFault(errorCode: error)
        case FL_WALK_NOT_CANONICAL.rawValue: self = .generalProtection
        default: self = .outsideRAM
        }
    }
}
