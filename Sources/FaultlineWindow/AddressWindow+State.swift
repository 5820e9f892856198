import CWindow

/// What a window has done, and what it shows.
public struct WindowStatistics: Equatable, Sendable {
    /// Touches that came to the simulated machine; those that hit are not seen.
    public let touches: UInt64
    /// Pages that are shown now.
    public let shownPages: UInt64
    /// Host mappings (VMAs) that it takes now.
    public let mappings: UInt64
    /// Pages that went because a limit was reached.
    public let evictedPages: UInt64
}

extension AddressWindow {
    /// Figures of the window. The caller is not in the machine.
    public var statistics: WindowStatistics {
        process.machine.withMachine { _ in
            WindowStatistics(
                touches: record.pointee.touches, shownPages: record.pointee.window.shown_pages,
                mappings: record.pointee.window.runs, evictedPages: record.pointee.window.evicted_pages)
        }
    }
}
