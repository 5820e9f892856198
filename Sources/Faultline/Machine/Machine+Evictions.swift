/// Pages of a VMA that reclaim took, from where it lies now.
public struct VMAEvictions: Sendable, Equatable {
    /// The VMA's bounds.
    public let start: UInt64, end: UInt64
    /// As in maps, such as `rw-p`.
    public let permissions: String
    /// As in maps; empty for none.
    public let name: String
    /// How many pages went; one that came back and went again counts twice.
    public let pages: UInt64
}

extension Machine {
    /// The VMAs of a process from which reclaim or MADV_PAGEOUT took pages. What went from a part that is its own VMA since counts where
    /// the rest is.
    ///
    /// - Throws: ESRCH.
    package func evictions(_ process: Int) throws(Errno) -> [VMAEvictions] {
        let views = try snapshot(process, listsPages: { _, _ in false }).vmas
        var result: [VMAEvictions] = []
        for view in views {
            guard let vma = lookupVMA(processes[process].mm, view.start), vma.pointee.evictions > 0 else { continue }
            result.append(
                VMAEvictions(
                    start: view.start, end: view.end, permissions: view.permissions, name: view.name,
                    pages: UInt64(vma.pointee.evictions)))
        }
        return result
    }
}
