// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/window.h`.
import FaultlineCallSites
import FaultlineWindow

@_cdecl("faultline_call_sites_start")
public func faultline_call_sites_start(_ machine: OpaquePointer?, _ chains: UInt32) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.machine(machine)
        let (most, perChain) = (UInt32(1) << 24, UInt32(4))
        guard chains <= most else { throw .argument("chains is \(chains); give \(most) at most") }
        let kept = chains == 0 ? 1 << 14 : chains
        do throws(CallSiteError) {
            target.machine.countCallSites(in: try CallSites(chains: kept, callers: kept * perChain))
        } catch { throw Failure(FAULTLINE_HOST, error.description) }
    }
}

@_cdecl("faultline_call_sites_stop")
public func faultline_call_sites_stop(_ machine: OpaquePointer?) -> faultline_status {
    answer { () throws(Failure) in try Handles.machine(machine).machine.stopCountingCallSites() }
}

/// What was counted on a machine, with names. - Throws: BAD_ARGUMENT where nothing is.
private func report(_ machine: OpaquePointer?) throws(Failure) -> CallSiteReport {
    let target = try Handles.machine(machine)
    let found: CallSiteReport?
    do throws(CallSiteError) { found = try target.machine.callSiteReport() } catch {
        throw Failure(FAULTLINE_HOST, error.description)
    }
    guard let found else { throw .argument("nothing was counted: call faultline_call_sites_start() first") }
    return found
}

@_cdecl("faultline_call_sites_text")
public func faultline_call_sites_text(
    _ machine: OpaquePointer?, _ sites: UInt32, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in try give(try report(machine).text(sites: sites == 0 ? 20 : Int(sites)), text) }
}

@_cdecl("faultline_call_sites_collapsed")
public func faultline_call_sites_collapsed(
    _ machine: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in try give(try report(machine).collapsed(), text) }
}

@_cdecl("faultline_call_sites_json")
public func faultline_call_sites_json(
    _ machine: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in try give(try report(machine).json, text) }
}
