import CHost
import CShim

/// The manual's 4-level walk, written for reading: the second opinion on the C walker, and what stands in for a
/// processor where there is none. Intel SDM vol. 3A, 4.5 to 4.8; AMD APM vol. 2, 5.3 to 5.6.
struct ReferenceWalk {
    /// What the processor has.
    struct Processor {
        /// MAXPHYADDR.
        var physicalBits: UInt64

        /// CPUID.80000001H:EDX.Page1GB; without it, PS in a PDPT entry is reserved.
        var hasGigabytePages: Bool

        /// AMD reserves bit 8 in a PML4 entry; Intel ignores it there, as both do in the other entries that name a table.
        var reservesGlobalInPML4: Bool
    }

    /// How a walk ended.
    enum Outcome: Equatable {
        case translated(physical: UInt64)
        case pageFault(errorCode: UInt32)
        case generalProtection

        /// An entry names a table outside the simulated RAM, where nothing answers.
        case outsideRAM
    }

    let ram: fl_ram
    let processor: Processor
    let controls: fl_oracle_controls

    /// Walks for one access, and sets the accessed and dirty bits as the architecture does.
    func translate(_ access: fl_oracle_access) -> Outcome {
        let address = access.address
        guard Int64(bitPattern: address << 16) >> 16 == Int64(bitPattern: address) else { return .generalProtection }
        var used: [UnsafeMutablePointer<UInt64>] = []
        var rights = (write: true, user: true, execute: true)
        var table = UInt64(access.root_pfn)
        for level in [4, 3, 2, 1] as [UInt64] {
            let shift = 3 + 9 * level
            guard table < ram.frames else { return .outsideRAM }
            let slot = ram.table(table) + Int(address >> shift & 511)
            let entry = slot.pointee
            guard entry & 1 != 0 else { return .pageFault(errorCode: errorCode(access, present: false)) }
            let isLeaf = level == 1 || (level < 4 && entry >> 7 & 1 != 0)
            guard entry & reservedBits(level: level, isLeaf: isLeaf, entry) == 0 else {
                return .pageFault(errorCode: errorCode(access, present: true) | 8)
            }
            used.append(slot)
            rights.write = rights.write && entry & 2 != 0
            rights.user = rights.user && entry & 4 != 0
            rights.execute = rights.execute && entry >> 63 == 0
            guard isLeaf else {
                table = (entry & 0xf_ffff_ffff_f000) >> 12
                continue
            }
            if let code = violation(access, rights, key: entry >> 59 & 15) { return .pageFault(errorCode: code) }
            for slot in used { slot.pointee |= 1 << 5 }
            if access.kind == FL_ORACLE_WRITE { slot.pointee |= 1 << 6 }
            let offset = (UInt64(1) << shift) - 1
            return .translated(physical: entry & 0xf_ffff_ffff_f000 & ~offset | address & offset)
        }
        preconditionFailure("level 1 is always a leaf")
    }

    /// The error code of a fault of this access, but for RSVD and PK.
    private func errorCode(_ access: fl_oracle_access, present: Bool) -> UInt32 {
        var code: UInt32 = present ? 1 : 0
        if access.kind == FL_ORACLE_WRITE { code |= 2 }
        if access.user { code |= 4 }
        if access.kind == FL_ORACLE_EXECUTE && (controls.nxe || controls.smep) { code |= 16 }
        return code
    }

    private func reservedBits(level: UInt64, isLeaf: Bool, _ entry: UInt64) -> UInt64 {
        var reserved = (UInt64(1) << 52) - (UInt64(1) << processor.physicalBits)
        if !controls.nxe { reserved |= 1 << 63 }
        if level == 4 { reserved |= 1 << 7 }
        if level == 3 && !processor.hasGigabytePages { reserved |= 1 << 7 }
        if level == 4 && processor.reservesGlobalInPML4 { reserved |= 1 << 8 }
        if isLeaf && level > 1 { reserved |= (UInt64(1) << (3 + 9 * level)) - (1 << 13) }  // bit 12 is PAT
        return reserved
    }

    private func violation(
        _ access: fl_oracle_access, _ rights: (write: Bool, user: Bool, execute: Bool), key: UInt64
    ) -> UInt32? {
        let code = errorCode(access, present: true)
        var isViolation = access.user && !rights.user
        switch access.kind {
        case FL_ORACLE_WRITE: isViolation = isViolation || (!rights.write && (access.user || controls.wp))
        case FL_ORACLE_EXECUTE:
            isViolation = isViolation || !rights.execute || (!access.user && rights.user && controls.smep)
            return isViolation ? code : nil
        default: break
        }
        if !access.user && rights.user && controls.smap && !controls.ac { isViolation = true }
        if controls.pke && rights.user {
            let denied = controls.pkru >> UInt32(2 * key) & 3
            let isWriteDenied = denied & 2 != 0 && access.kind == FL_ORACLE_WRITE && (access.user || controls.wp)
            if denied & 1 != 0 || isWriteDenied { return code | 32 }
        }
        return isViolation ? code : nil
    }
}
