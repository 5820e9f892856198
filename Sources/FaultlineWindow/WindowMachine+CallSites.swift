import CShim
import CWindow
public import FaultlineCallSites

extension WindowMachine {
    /// From now on, each touch of the machine's windows that comes to the simulated kernel is counted with the chain of its callers. Costs a
    /// touch about a fifth of a microsecond where its chain was seen before.
    ///
    /// The caller is not in the machine.
    public func countCallSites(in sites: CallSites) {
        withMachine { _ in
            callSites = sites
            entry.pointee.sites = sites.table
        }
    }

    /// No longer counts. What was counted stays.
    public func stopCountingCallSites() { withMachine { _ in entry.pointee.sites = nil } }

    /// What was counted so far, with names; nil where ``countCallSites(in:)`` was not called. The caller is not in the machine.
    ///
    /// - Throws: ``CallSiteError`` where the host does not tell what is mapped in this process.
    public func callSiteReport() throws(CallSiteError) -> CallSiteReport? {
        let symbolizer = try Symbolizer()
        return withMachine { _ in callSites.map { CallSiteReport($0, symbolizer) } }
    }
}
