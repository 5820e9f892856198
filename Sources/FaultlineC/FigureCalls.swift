// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/figures.h`.
import Faultline
import FaultlineInspect

/// The size that the caller set. - Throws: BAD_ARGUMENT for another one than this version's.
func check<Value>(_ size: Int, _: Value.Type, _ name: String) throws(Failure) {
    if size != MemoryLayout<Value>.size {
        throw .argument("\(name).size is \(size), this version's is \(MemoryLayout<Value>.size)")
    }
}

@_cdecl("faultline_process_figures")
public func faultline_process_figures(
    _ process: OpaquePointer?, _ figures: UnsafeMutablePointer<faultline_figures>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(figures, "figures")
        try check(place.pointee.size, faultline_figures.self, "figures")
        let (totals, faults) = try call(process) { machine, id throws(Errno) in
            (try machine.totals(id), try machine.faultCounts(id))
        }
        place.pointee.minor_faults = faults.minor
        place.pointee.major_faults = faults.major
        place.pointee.size_kib = UInt64(totals.size)
        place.pointee.rss_kib = UInt64(totals.rss)
        place.pointee.pss_kib = UInt64(totals.pss)
        place.pointee.anonymous_kib = UInt64(totals.anonymous)
        place.pointee.file_kib = UInt64(totals.file)
        place.pointee.shmem_kib = UInt64(totals.shmem)
        place.pointee.page_tables_kib = UInt64(totals.pageTables)
        place.pointee.locked_kib = totals.locked
        place.pointee.vma_count = UInt64(totals.vmaCount)
    }
}

@_cdecl("faultline_fault_counts")
public func faultline_fault_counts(
    _ process: OpaquePointer?, _ minor: UnsafeMutablePointer<UInt64>?, _ major: UnsafeMutablePointer<UInt64>?
) -> faultline_status {
    answer { () throws(Failure) in
        let (minor, major) = (try required(minor, "minor"), try required(major, "major"))
        let counts = try call(process) { machine, id throws(Errno) in try machine.faultCounts(id) }
        (minor.pointee, major.pointee) = (counts.minor, counts.major)
    }
}

@_cdecl("faultline_page_at")
public func faultline_page_at(
    _ process: OpaquePointer?, _ address: UInt64, _ page: UnsafeMutablePointer<faultline_page>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(page, "page")
        try check(place.pointee.size, faultline_page.self, "page")
        let walk = try call(process) { machine, id throws(Errno) in try machine.walk(id, at: address) }
        guard let walk else { throw .argument("0x\(String(address, radix: 16)) is no address of user space") }
        let isThere = walk.physicalAddress != nil
        place.pointee.present = isThere ? 1 : 0
        place.pointee.physical_address = walk.physicalAddress ?? 0
        place.pointee.page_bytes = walk.pageSize ?? 0
        place.pointee.entry = isThere ? walk.entries.last?.rawValue ?? 0 : 0
    }
}

@_cdecl("faultline_process_maps")
public func faultline_process_maps(
    _ process: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let view = try call(process) { machine, id throws(Errno) in try machine.snapshot(id) }
        try give(MapsReader().text(view), text)
    }
}

@_cdecl("faultline_process_smaps")
public func faultline_process_smaps(
    _ process: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let (view, hasKeys) = try call(process) { machine, id throws(Errno) in
            (try machine.snapshot(id), machine.settings.cpu.protectionKeys)
        }
        try give(SmapsReader(showsKeys: hasKeys).text(view), text)
    }
}

@_cdecl("faultline_process_status")
public func faultline_process_status(
    _ process: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in
        try give(StatusReader.text(try call(process) { machine, id throws(Errno) in try machine.totals(id) }), text)
    }
}
