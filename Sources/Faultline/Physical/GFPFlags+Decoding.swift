extension GFPFlags {
    /// `gfp_migratetype`.
    @inline(__always)
    var migrateType: MigrateType {
        if contains(.movable) { return .movable }
        return contains(.reclaimable) ? .reclaimable : .unmovable
    }

    /// `gfp_zone`: the highest zone that will do.
    @inline(__always)
    var highestZone: ZoneKind {
        if contains(.dma) { return .dma }
        if contains(.dma32) { return .dma32 }
        return contains(.highMemory.union(.movable)) ? .movable : .normal
    }
}
