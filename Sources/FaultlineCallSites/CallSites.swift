import CShim

/// Counts faults by the chain of callers that took them, in memory of fixed size.
///
/// A fault handler adds to ``table`` in C, where nothing is allocated. One thread at a time.
public final class CallSites {
    /// The table of the C core (`call_sites.h`); it lives as long as this object.
    public let table: OpaquePointer

    /// Room for so many different chains, and so many different callers in all of them.
    ///
    /// - Throws: ``CallSiteError/noMemory``.
    public init(chains: UInt32 = 1 << 14, callers: UInt32 = 1 << 16) throws(CallSiteError) {
        fl_call_chain_prepare()
        guard let table = fl_call_sites_create(chains, callers) else { throw .noMemory }
        self.table = table
    }

    deinit { fl_call_sites_destroy(table) }

    /// Counts a fault at an address, by a chain from the innermost frame to the outermost, of which 128 frames are kept.
    public func add(
        _ kind: FaultKind, at address: UInt64, frames: [CallSite.Frame], isCut: Bool = false, isBroken: Bool = false
    ) {
        var chain = fl_call_chain()
        let kept = frames.prefix(Int(FL_CHAIN_MAX))
        chain.count = UInt32(kept.count)
        if isCut || kept.count < frames.count { chain.flags |= UInt32(FL_CHAIN_CUT) }
        if isBroken { chain.flags |= UInt32(FL_CHAIN_BROKEN) }
        if kept.contains(where: \.isGuessed) { chain.flags |= UInt32(FL_CHAIN_GUESSED) }
        // SAFETY: both arrays of the struct have FL_CHAIN_MAX elements.
        withUnsafeMutableBytes(of: &chain.addresses) { bytes in
            let addresses = bytes.assumingMemoryBound(to: UInt64.self)
            for (index, frame) in kept.enumerated() { addresses[index] = frame.address }
        }
        withUnsafeMutableBytes(of: &chain.guessed) { bytes in
            for (index, frame) in kept.enumerated() { bytes[index] = frame.isGuessed ? 1 : 0 }
        }
        fl_call_sites_add(table, kind.raw, address, &chain)
    }

    /// Every chain with its faults, in the order in which they came.
    public var sites: [CallSite] {
        (0..<fl_call_sites_count(table)).map { number in
            var site = fl_call_site()
            var addresses = [UInt64](repeating: 0, count: Int(FL_CHAIN_MAX))
            var guessed = [UInt8](repeating: 0, count: Int(FL_CHAIN_MAX))
            precondition(
                fl_call_sites_get(table, number, &site, &addresses, &guessed), "a site that was counted is gone")
            let counts = withUnsafeBytes(of: site.counts) { Array($0.assumingMemoryBound(to: UInt64.self)) }
            return CallSite(
                frames: (0..<Int(site.depth)).map {
                    CallSite.Frame(address: addresses[$0], isGuessed: guessed[$0] != 0)
                }, counts: counts, touched: site.lowest...site.highest,
                mayBeIncomplete: site.flags & UInt32(FL_CHAIN_GUESSED | FL_CHAIN_BROKEN | FL_CHAIN_POINTERS) != 0,
                isCut: site.flags & UInt32(FL_CHAIN_CUT) != 0)
        }
    }

    /// Faults of a kind whose chain found no room any more.
    public func lost(_ kind: FaultKind) -> UInt64 { fl_call_sites_lost(table, kind.raw) }

    /// Forgets all faults.
    public func clear() { fl_call_sites_clear(table) }
}

/// Why faults cannot be counted, or addresses not be named.
public enum CallSiteError: Error, Equatable, CustomStringConvertible {
    /// The host has no memory for it.
    case noMemory
    /// A text of mappings names no mapping.
    case noMappings

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .noMemory: "the host has no memory for the table of call sites; ask for fewer chains"
        case .noMappings: "no mapping is described; a text as /proc/PID/maps has it is expected"
        }
    }
}
