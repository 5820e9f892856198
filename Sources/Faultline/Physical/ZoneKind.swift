/// `enum zone_type` of x86-64.
enum ZoneKind: Int, CaseIterable, Comparable {
    /// Below 16 MiB: old devices reach no further.
    case dma = 0
    /// Below 4 GiB.
    case dma32
    case normal
    /// Memory of movable pages only, which `movablecore=` makes.
    case movable
    /// Memory of devices; nobody allocates from it.
    case device

    /// As /proc prints it.
    var name: String {
        switch self {
        case .dma: "DMA"
        case .dma32: "DMA32"
        case .normal: "Normal"
        case .movable: "Movable"
        case .device: "Device"
        }
    }

    static func < (left: ZoneKind, right: ZoneKind) -> Bool { left.rawValue < right.rawValue }

    /// Where ZONE_DMA and ZONE_DMA32 end.
    static var dmaEnd: PFN { 1 << 12 }
    static var dma32End: PFN { 1 << 20 }
}
