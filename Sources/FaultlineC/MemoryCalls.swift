// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/memory.h`.
import Faultline

@_cdecl("faultline_mmap")
public func faultline_mmap(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ protection: UInt32, _ flags: UInt32, _ fd: Int32,
    _ offset: UInt64, _ result: UnsafeMutablePointer<UInt64>?
) -> faultline_status {
    answer(result, "result") { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.mmap(
                id, at: address, length: length, protection: Protection(rawValue: UInt64(protection)),
                flags: MapFlags(rawValue: UInt64(flags)), file: FileDescriptor(rawValue: fd), offset: offset)
        }
    }
}

@_cdecl("faultline_munmap")
public func faultline_munmap(_ process: OpaquePointer?, _ address: UInt64, _ length: UInt64) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in try machine.munmap(id, at: address, length: length) }
    }
}

@_cdecl("faultline_mprotect")
public func faultline_mprotect(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ protection: UInt32
) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.mprotect(id, at: address, length: length, Protection(rawValue: UInt64(protection)))
        }
    }
}

@_cdecl("faultline_mremap")
public func faultline_mremap(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ newLength: UInt64, _ flags: UInt32,
    _ newAddress: UInt64, _ result: UnsafeMutablePointer<UInt64>?
) -> faultline_status {
    answer(result, "result") { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.mremap(
                id, at: address, length: length, to: newLength, flags: RemapFlags(rawValue: UInt64(flags)),
                newAddress: newAddress)
        }
    }
}

@_cdecl("faultline_madvise")
public func faultline_madvise(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ advice: Int32
) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            // With the number itself: the kernel says what it thinks of one that it does not know.
            try machine.madvise(id.index, address, length, advice: advice)
        }
    }
}

@_cdecl("faultline_brk")
public func faultline_brk(
    _ process: OpaquePointer?, _ address: UInt64, _ result: UnsafeMutablePointer<UInt64>?
) -> faultline_status {
    answer(result, "result") { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in try machine.brk(id, to: address) }
    }
}

@_cdecl("faultline_mlock")
public func faultline_mlock(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ onFault: Int32
) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.mlock(id, at: address, length: length, onFault: onFault != 0)
        }
    }
}

@_cdecl("faultline_munlock")
public func faultline_munlock(_ process: OpaquePointer?, _ address: UInt64, _ length: UInt64) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in try machine.munlock(id, at: address, length: length) }
    }
}

@_cdecl("faultline_mincore")
public func faultline_mincore(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ vector: UnsafeMutablePointer<UInt8>?,
    _ pages: Int
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(vector, "vector")
        let wanted = length / 4096 + (length % 4096 == 0 ? 0 : 1)
        guard UInt64(clamping: pages) >= wanted else {
            throw .argument("vector has room for \(pages) pages, the range has \(wanted)")
        }
        let resident = try call(process) { machine, id throws(Errno) in
            try machine.mincore(id, at: address, length: length)
        }
        for (index, isThere) in resident.enumerated() { place[index] = isThere ? 1 : 0 }
    }
}

@_cdecl("faultline_msync")
public func faultline_msync(
    _ process: OpaquePointer?, _ address: UInt64, _ length: UInt64, _ flags: Int32
) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.msync(id, at: address, length: length, SyncFlags(rawValue: flags))
        }
    }
}

@_cdecl("faultline_mseal")
public func faultline_mseal(_ process: OpaquePointer?, _ address: UInt64, _ length: UInt64) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in try machine.mseal(id, at: address, length: length) }
    }
}
