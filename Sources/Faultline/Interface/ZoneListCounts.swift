/// Pages of a zone on the LRU lists, locked, and on their way to the disk (`vm_stat` of `struct zone`).
public struct ZoneListCounts: Sendable, Equatable {
    /// `nr_zone_inactive_anon`, `nr_zone_active_anon`, `nr_zone_inactive_file`, `nr_zone_active_file`.
    public var inactiveAnon: UInt64 = 0, activeAnon: UInt64 = 0, inactiveFile: UInt64 = 0, activeFile: UInt64 = 0
    /// `nr_zone_unevictable`.
    public var unevictable: UInt64 = 0
    /// `nr_zone_write_pending`.
    public var pending: UInt64 = 0
    /// `nr_mlock`.
    public var locked: UInt64 = 0

    /// All 0.
    public init() {}
}

extension Machine {
    /// Those of each zone, as ``zones`` has them. Costs a look at every frame that anybody ever had.
    public func zoneListCounts() -> [ZoneListCounts] {
        physical.zones.indices.map { zone in
            let tally = tally(zone)
            var counts = ZoneListCounts()
            counts.inactiveAnon = tally.lists[LRUKind.inactiveAnon]
            counts.activeAnon = tally.lists[LRUKind.activeAnon]
            counts.inactiveFile = tally.lists[LRUKind.inactiveFile]
            counts.activeFile = tally.lists[LRUKind.activeFile]
            counts.unevictable = tally.lists[LRUKind.unevictable]
            counts.pending = tally.pending
            counts.locked = tally.locked
            return counts
        }
    }
}
