/// One frame at one moment: what `/proc/kpageflags` and `/proc/kpagecount` say of it, and who owns it.
public struct FrameView: Sendable, Hashable {
    /// What the frame belongs to.
    public enum Owner: Sendable, Hashable {
        /// Nobody: it is free, or the kernel's own.
        case none
        /// `folio_anon_vma`, by its number.
        case anonVMA(UInt64)
        /// `folio_stable_node`: ksmd merged it, and has so many items of it.
        case stableNode(items: Int)
        /// `folio_mapping`: the file, by its number, and its name.
        case file(UInt64, name: String)
    }

    /// The frame number.
    public var frame: PFN
    /// What kpageflags has.
    public var flags: KernelPageFlags
    /// How many entries map it: what kpagecount has.
    public var mapCount: Int
    /// `folio_ref_count`; 0 for a free frame.
    public var referenceCount: Int
    /// What it belongs to.
    public var owner: Owner
    /// Its place in the owner, in pages (`page_pgoff`).
    public var index: UInt64
    /// `folio_order`, or of a free block the block's order.
    public var order: Int
    /// It is free, and waits on a list of the CPU (`per_cpu_pages`).
    public var isOnPerCPUList: Bool
}

extension Machine {
    /// The number of frames, holes included (`max_pfn`): those of kpageflags.
    public var frameCount: UInt64 { frames.endFrame }

    /// The node that a frame lies on (`folio_nid`).
    public func node(of pfn: PFN) -> Int { physical.nodes.node(of: pfn) }

    /// What a frame is now; nil behind the last one.
    public func frame(_ pfn: PFN) -> FrameView? {
        guard pfn < frames.endFrame else { return nil }
        var view = FrameView(
            frame: pfn, flags: [], mapCount: 0, referenceCount: 0, owner: .none, index: 0, order: 0,
            isOnPerCPUList: false)
        switch physical.place(of: pfn) {
        case .hole: return view
        case .reserved: view.flags = .reserved
        case .free(let order): (view.flags, view.order) = (.buddy, order)
        case .perCPU: view.isOnPerCPUList = true
        case .allocated: describeAllocated(pfn, &view)
        }
        return view
    }

    private func describeAllocated(_ pfn: PFN, _ view: inout FrameView) {
        if pfn == zeroFrame {
            view.flags = [.reserved, .zeroPage, .referenced]
            view.referenceCount = 1
            return
        }
        let folio = folio(of: pfn)
        let head = folio.head.pointee
        if head.has(.slab) {
            (view.flags, view.order, view.referenceCount) = (.slab, Int(folio.order), Int(head.refcount))
            return
        }
        view.referenceCount = Int(head.refcount)
        view.order = Int(folio.order)
        if head.has(.table) {
            view.flags = .pageTable
            return
        }
        view.mapCount = Int(folio.mapCount(of: pfn))
        view.index = folio.index(of: pfn)
        view.flags = Self.flags(of: head, isMapped: view.mapCount > 0)
        let own = page(pfn).pointee
        if head.isAnonymous {
            view.owner =
                head.isMerged
                ? .stableNode(items: head.stableNode?.pointee.itemCount ?? 0)
                : .anonVMA(head.anonVMA.pointee.serial)
            if own.has(.anonExclusive) { view.flags.insert(.anonExclusive) }
        } else if let mapping = head.fileMapping {
            view.owner = .file(mapping.pointee.serial, name: names[Int(mapping.pointee.name)])
        }
        if folio.isLarge {
            view.flags.formUnion([head.has(.hugeTLB) ? .huge : .thp, own.has(.tail) ? .compoundTail : .compoundHead])
        }
    }

    /// `stable_page_flags` of a page of a program or a file.
    private static func flags(of record: PageRecord, isMapped: Bool) -> KernelPageFlags {
        let table: [(PageFlag, KernelPageFlags)] = [
            (.dirty, .dirty), (.writeback, .writeback), (.swapBacked, .swapBacked), (.referenced, .referenced),
            (.active, .active), (.lru, .lru), (.mlocked, .mlocked), (.unevictable, .unevictable),
            (.readahead, .reclaim), (.private, .hasPrivate), (.uptodate, .uptodate),
        ]
        var flags: KernelPageFlags = isMapped ? .mmap : []
        for (flag, shown) in table where record.has(flag) { flags.insert(shown) }
        // The model does not keep PG_uptodate of anonymous pages, which all have it.
        if record.isAnonymous { flags.formUnion([.anon, .uptodate]) }
        if record.isMerged { flags.insert(.ksm) }
        if record.has(.swapCache) { flags.insert(.swapCache) }
        return flags
    }
}
