// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/memory.h`.
import Faultline

@_cdecl("faultline_memfd_create")
public func faultline_memfd_create(
    _ process: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ flags: UInt32, _ fd: UnsafeMutablePointer<Int32>?
) -> faultline_status {
    answer(fd, "fd") { () throws(Failure) in
        let name = try string(name, "name")
        return try call(process) { machine, id throws(Errno) in
            try machine.memfdCreate(id, name, MemoryFileFlags(rawValue: flags)).rawValue
        }
    }
}

@_cdecl("faultline_disk_file")
public func faultline_disk_file(
    _ process: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ length: UInt64, _ fd: UnsafeMutablePointer<Int32>?
) -> faultline_status {
    answer(fd, "fd") { () throws(Failure) in
        let name = try string(name, "name")
        return try call(process) { machine, id throws(Errno) in
            try machine.diskFile(id, name: name, size: length).rawValue
        }
    }
}

@_cdecl("faultline_ftruncate")
public func faultline_ftruncate(_ process: OpaquePointer?, _ fd: Int32, _ length: UInt64) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.ftruncate(id, FileDescriptor(rawValue: fd), to: length)
        }
    }
}

@_cdecl("faultline_fadvise")
public func faultline_fadvise(
    _ process: OpaquePointer?, _ fd: Int32, _ offset: UInt64, _ length: UInt64, _ advice: Int32
) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in
            try machine.fadvise(id.index, fd, offset: offset, length: length, advice: advice)
        }
    }
}

@_cdecl("faultline_close")
public func faultline_close(_ process: OpaquePointer?, _ fd: Int32) -> faultline_status {
    answer { () throws(Failure) in
        try call(process) { machine, id throws(Errno) in try machine.close(id, FileDescriptor(rawValue: fd)) }
    }
}

/// Makes an access for the process of a handle.
private func access<Result>(
    _ handle: OpaquePointer?, _ body: (Machine, ProcessID) throws(AccessError) -> Result
) throws(Failure) -> Result {
    let target = try Handles.process(handle)
    return try target.owner.access { machine throws(AccessError) in try body(machine, target.id) }
}

@_cdecl("faultline_read")
public func faultline_read(
    _ process: OpaquePointer?, _ address: UInt64, _ bytes: UnsafeMutableRawPointer?, _ length: Int
) -> faultline_status {
    answer { () throws(Failure) in
        guard let bytes else { throw .argument("bytes is NULL") }
        guard length >= 0 else { throw .argument("length is larger than any object of C") }
        let found = try access(process) { machine, id throws(AccessError) in
            try machine.read(id, at: address, count: length)
        }
        // SAFETY: the caller has room for so many bytes.
        bytes.copyMemory(from: found, byteCount: length)
    }
}

@_cdecl("faultline_write")
public func faultline_write(
    _ process: OpaquePointer?, _ address: UInt64, _ bytes: UnsafeRawPointer?, _ length: Int
) -> faultline_status {
    answer { () throws(Failure) in
        guard let bytes else { throw .argument("bytes is NULL") }
        guard length >= 0 else { throw .argument("length is larger than any object of C") }
        try access(process) { machine, id throws(AccessError) in
            // SAFETY: the caller has so many bytes.
            try machine.write(id, at: address, UnsafeRawBufferPointer(start: bytes, count: length))
        }
    }
}

@_cdecl("faultline_load")
public func faultline_load(
    _ process: OpaquePointer?, _ address: UInt64, _ byte: UnsafeMutablePointer<UInt8>?
) -> faultline_status {
    answer(byte, "byte") { () throws(Failure) in
        try access(process) { machine, id throws(AccessError) in try machine.load(id, at: address) }
    }
}

@_cdecl("faultline_store")
public func faultline_store(_ process: OpaquePointer?, _ address: UInt64, _ byte: UInt8) -> faultline_status {
    answer { () throws(Failure) in
        try access(process) { machine, id throws(AccessError) in try machine.store(id, at: address, byte) }
    }
}

@_cdecl("faultline_access")
public func faultline_access(
    _ process: OpaquePointer?, _ accesses: UnsafePointer<UInt64>?, _ count: Int,
    _ results: UnsafeMutablePointer<UInt64>?,
    _ made: UnsafeMutablePointer<Int>?
) -> faultline_status {
    made?.pointee = 0
    return answer { () throws(Failure) in
        guard let accesses else { throw .argument("accesses is NULL") }
        guard count >= 0 else { throw .argument("count is larger than any array of C") }
        let words = UnsafeBufferPointer(start: accesses, count: count)
        if let index = words.firstIndex(where: { MemoryAccess(rawValue: $0) == nil }) {
            let word = String(words[index], radix: 16)
            throw .argument("accesses[\(index)] is 0x\(word), which is no access; make it with FAULTLINE_ACCESS")
        }
        let (progress, failure) = try call(process) { machine, id throws(Errno) in
            let progress = try makeAccesses(machine, id, words, results)
            return (progress, progress.fault.map { Failure($0, machine.takeRefusal()) })
        }
        made?.pointee = progress.made
        if let failure { throw failure }
    }
}

private func makeAccesses(
    _ machine: Machine, _ process: ProcessID, _ words: UnsafeBufferPointer<UInt64>,
    _ results: UnsafeMutablePointer<UInt64>?
) throws(Errno) -> AccessProgress {
    // SAFETY: the structs are one UInt64 each; the caller has so many accesses, and room for as many results.
    try words.withMemoryRebound(to: MemoryAccess.self) { accesses throws(Errno) in
        guard let results else { return try machine.access(process, accesses) }
        let room = UnsafeMutableBufferPointer(start: results, count: words.count)
        return try room.withMemoryRebound(to: MadeAccess.self) { room throws(Errno) in
            try machine.access(process, accesses, results: room)
        }
    }
}
