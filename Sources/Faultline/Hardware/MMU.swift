import CShim

/// What a translation came to.
enum Translation {
    case physical(PhysicalAddress)
    /// #GP: the address is not canonical.
    case notCanonical
    /// #PF with its error code.
    case fault(errorCode: UInt32)
}

/// The simulated CPU's memory management unit: CR3 and the TLBs of `CShim`, behind calls in the kernel's terms.
///
/// All user accesses. An address space's context stands for its PCID; contexts beyond 4095 share PCIDs, and a PCID that
/// changes hands is flushed.
struct MMU: ~Copyable {
    let cpu: UnsafeMutablePointer<fl_cpu>
    /// The context that each PCID holds; what was cached for another one is flushed first.
    let owners: UnsafeMutablePointer<UInt32>
    var root: PFN = .max
    var context: UInt32 = 0
    /// CR2: where the last page fault was.
    var faultAddress: VirtualAddress = 0
    /// Flushes of everything that the CPU made when its controls were set first.
    let firstFlushes: UInt64
    /// Loads of CR3 that flushed what the PCID had of another address space (`TLB_FLUSH_ON_TASK_SWITCH`).
    var handovers: UInt64 = 0
    /// The coherence check, while it is on. `root` matches nothing then, so that every translation takes the way round.
    var check: CoherenceCheck?
    /// Of a CPU of several: whose translations it keeps.
    var spaces: AddressSpaceIDs?
    /// `tlb_single_page_flush_ceiling`: more pages than that are flushed with the whole address space.
    let singlePageCeiling: UInt64
    /// The bits of a context that are its PCID; none on a processor without PCIDs.
    let pcidMask: UInt32

    /// - Throws: ``TLBConfigurationError`` naming the array and the rule that its shape breaks.
    init(
        ram: fl_ram, geometry: TLBGeometry, settings: CPUSettings = CPUSettings(), number: Int = 0,
        ceiling: UInt64 = 33
    ) throws(TLBConfigurationError) {
        // Until the CPU is made, nothing may be stored in self: a throw would run deinit on it.
        let made = UnsafeMutablePointer<fl_cpu>.allocate(capacity: 1)
        var ram = ram
        var shapes = geometry.shapes
        var paging = fl_paging()
        paging.physical_bits = 52
        paging.wp = true
        paging.nxe = true
        paging.smep = true
        paging.pke = settings.protectionKeys
        paging.gigabyte_pages = true
        var failed: UInt32 = 0
        // SAFETY: `made` has room for one fl_cpu; the call copies what the other pointers name.
        let status = fl_cpu_create(made, &ram, &shapes, &paging, &failed)
        guard status == FL_TLB_OK else {
            made.deallocate()
            throw TLBConfigurationError(array: failed, status: status)
        }
        cpu = made
        made.pointee.number = UInt32(number)
        singlePageCeiling = ceiling
        pcidMask = settings.hasPCIDs ? 4095 : 0
        owners = .allocate(capacity: Int(FL_PCIDS))
        owners.initialize(repeating: 0, count: Int(FL_PCIDS))
        _ = fl_cpu_set_controls(cpu, &paging, settings.hasPCIDs, true)
        firstFlushes = fl_cpu_counters(cpu).flushed_all
    }

    deinit {
        // SAFETY: made in init, used nowhere else.
        fl_cpu_destroy(cpu)
        cpu.deallocate()
        owners.deallocate()
    }

    /// One user access of the address space whose top-level table is `root`.
    @inline(__always)
    mutating func translate(root: PFN, context: UInt32, _ address: VirtualAddress, _ kind: AccessKind) -> Translation {
        if root != self.root || context != self.context {
            if check != nil { return translateChecked(root, context, address, kind) }
            switchTo(root, context)
        }
        // SAFETY: cpu lives as long as self.
        let result = fl_cpu_translate(cpu, address, fl_access_kind(rawValue: kind.rawValue))
        if result.status == FL_WALK_OK.rawValue { return .physical(result.physical) }
        if result.status == FL_WALK_PAGE_FAULT.rawValue { return .fault(errorCode: result.error) }
        return Self.failure(result)
    }

    /// The access again, after a fault: no TLB that it would ask holds the page, so the tables are walked at once. A fault is
    /// what a walk ends in, and a cached translation that refused the access was dropped before that.
    ///
    /// Precondition: the last translation was of the same address space and address.
    @inline(__always)
    mutating func translateAfterFault(_ address: VirtualAddress, _ kind: AccessKind) -> Translation {
        // SAFETY: cpu lives as long as self.
        let result = fl_cpu_walk(cpu, address, fl_access_kind(rawValue: kind.rawValue))
        if result.status == FL_WALK_OK.rawValue { return .physical(result.physical) }
        return Self.failure(result)
    }

    @inline(never)
    static func failure(_ result: fl_translation) -> Translation {
        switch result.status {
        case FL_WALK_NOT_CANONICAL.rawValue: return .notCanonical
        case FL_WALK_PAGE_FAULT.rawValue: return .fault(errorCode: result.error)
        default: preconditionFailure("a page table names a frame outside the simulated RAM")
        }
    }

    /// `switch_mm`: MOV to CR3 that keeps what the PCID has cached, if it is this address space's.
    @inline(never)
    mutating func switchTo(_ root: PFN, _ context: UInt32) {
        if spaces != nil { return switchAmongSpaces(root, context) }
        let pcid = context & pcidMask
        let keeps: UInt64 = owners[Int(pcid)] == context ? 1 << 63 : 0
        if keeps == 0 { handovers &+= 1 }
        // Without PCIDs a load of CR3 flushes, and there is none where the address space stays.
        if keeps != 0, pcidMask == 0 {
            (self.root, self.context) = (root, context)
            return
        }
        owners[Int(pcid)] = context
        _ = fl_cpu_load_cr3(cpu, root << 12 | UInt64(pcid) | keeps)
        self.root = root
        self.context = context
    }

    /// WRPKRU. What is cached stays: each use compares the key of a cached translation with the register.
    mutating func writePKRU(_ value: PKRU) {
        // SAFETY: cpu lives as long as self.
        fl_cpu_write_pkru(cpu, value.rawValue)
    }

    /// The register.
    var pkru: PKRU { PKRU(rawValue: cpu.pointee.paging.pkru) }

    /// What a flush took away.
    enum Flushed {
        /// The CPU holds nothing of the address space: its PCID has gone to another one.
        case nothing
        case pages(UInt64)
        case context
    }

    /// `flush_tlb_range`: page by page, or the whole context above 33 pages (`tlb_single_page_flush_ceiling`). Only
    /// `TLBFlush` calls it.
    @inline(__always)
    mutating func flush(context: UInt32, from start: VirtualAddress, to end: VirtualAddress) -> Flushed {
        if let check {
            if check.dropsFlushes { return .nothing }
            check.settle(context: context, from: start, to: end)
        }
        let pcid = context & pcidMask
        guard owners[Int(pcid)] == context else { return .nothing }
        if end &- start > singlePageCeiling << 12 { return flushAll(context: context) }
        var address = start
        while address < end {
            _ = fl_cpu_invpcid(cpu, FL_INVPCID_ADDRESS.rawValue, UInt64(pcid), address)
            address &+= PageSize.base
        }
        return .pages((end &- start) >> 12)
    }

    /// `flush_tlb_mm`: every translation of the context, and what the paging-structure caches hold of it. Only `TLBFlush` calls
    /// it.
    @inline(__always)
    mutating func flushAll(context: UInt32) -> Flushed {
        if let check {
            if check.dropsFlushes { return .nothing }
            check.settle(context: context)
        }
        let pcid = context & pcidMask
        guard owners[Int(pcid)] == context else { return .nothing }
        _ = fl_cpu_invpcid(cpu, FL_INVPCID_CONTEXT.rawValue, UInt64(pcid), 0)
        return .context
    }

    /// The address space is gone, after a flush of all that it had.
    mutating func dropContext(context: UInt32) {
        if self.context == context { root = .max }
    }

    /// Translations by where they were found.
    var statistics: TLBStatistics { TLBStatistics(fl_cpu_counters(cpu)) }
}
