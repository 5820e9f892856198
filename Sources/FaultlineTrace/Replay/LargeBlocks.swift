import Faultline
import FaultlineInspect

/// Which blocks of 2 MiB a fixed mapping has as one page.
struct LargeBlocks {
    private enum Rule {
        case none, all
        case areas([Range<UInt64>])
    }
    private let rule: Rule

    init(_ options: ReplayOptions) {
        switch options.pageSize {
        case .base: rule = .none
        case .large: rule = .all
        case .policy:
            let areas = (options.maps?.areas ?? []).filter {
                !$0.region.isShared && ($0.region.content == .anonymous || $0.region.content == .stack)
            }
            rule = .areas(areas.map { $0.region.start..<$0.region.end })
        }
    }

    func contains(_ address: UInt64) -> Bool {
        switch rule {
        case .none: return false
        case .all: return true
        case .areas(let areas):
            let start = address & ~(2 << 20 - 1)
            return areas.contains { $0.lowerBound <= start && start + 2 << 20 <= $0.upperBound }
        }
    }
}
