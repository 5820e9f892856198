/// Pages of a zone on the LRU lists, locked, and on their way to the disk (`vm_stat` of `struct zone`).
public struct ZoneListCounts: Sendable {
    private var tally: ListTally

    /// All 0.
    public init() { tally = ListTally() }

    init(_ tally: ListTally) { self.tally = tally }

    /// `nr_zone_inactive_anon`.
    public var inactiveAnon: UInt64 { tally.lists[LRUKind.inactiveAnon] }
    /// `nr_zone_active_anon`.
    public var activeAnon: UInt64 { tally.lists[LRUKind.activeAnon] }
    /// `nr_zone_inactive_file`.
    public var inactiveFile: UInt64 { tally.lists[LRUKind.inactiveFile] }
    /// `nr_zone_active_file`.
    public var activeFile: UInt64 { tally.lists[LRUKind.activeFile] }
    /// `nr_zone_unevictable`.
    public var unevictable: UInt64 { tally.lists[LRUKind.unevictable] }
    /// `nr_zone_write_pending`.
    public var pending: UInt64 { tally.pending }
    /// `nr_mlock`.
    public var locked: UInt64 { tally.locked }

    /// Adds those of another zone.
    public mutating func add(_ other: ZoneListCounts) { tally.add(other.tally) }
}

extension Machine {
    /// Those of each zone, as ``zones`` has them. Costs a look at every frame that anybody ever had.
    public func zoneListCounts() -> [ZoneListCounts] {
        physical.zones.indices.map { ZoneListCounts(tally($0)) }
    }
}
