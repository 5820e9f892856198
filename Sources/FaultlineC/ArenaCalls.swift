// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/window.h`.
import Faultline
import FaultlineWindow

/// An arena in a window; it keeps the window open.
final class ArenaTarget: HandleTarget {
    static let kind: UInt64 = 4
    let arena: WindowArena
    let owner: MachineTarget

    init(_ arena: WindowArena, on owner: MachineTarget) {
        self.arena = arena
        self.owner = owner
    }
}

extension Handles {
    fileprivate static func arena(_ handle: OpaquePointer?) throws(Failure) -> WindowArena {
        try target(handle, ArenaTarget.self).arena
    }
}

@_cdecl("faultline_arena_create")
public func faultline_arena_create(
    _ window: OpaquePointer?, _ start: UInt64, _ length: UInt64, _ arena: UnsafeMutablePointer<OpaquePointer?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(arena, "arena")
        let target = try Handles.target(window, WindowTarget.self)
        let (end, overflows) = start.addingReportingOverflow(length)
        guard !overflows else { throw .argument("start and length reach beyond the last address") }
        do throws(WindowError) {
            let made = try WindowArena(in: target.window, start..<end)
            place.pointee = target.owner.add(ArenaTarget(made, on: target.owner))
        } catch { throw Failure(error) }
    }
}

@_cdecl("faultline_arena_destroy")
public func faultline_arena_destroy(_ arena: OpaquePointer?) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.target(arena, ArenaTarget.self)
        target.owner.removeArena(arena)
    }
}

@_cdecl("faultline_arena_allocate")
public func faultline_arena_allocate(
    _ arena: OpaquePointer?, _ bytes: Int, _ alignment: Int, _ block: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(block, "block")
        let target = try Handles.arena(arena)
        let alignment = alignment == 0 ? 16 : alignment
        guard alignment > 0, alignment & (alignment - 1) == 0 else { throw .argument("alignment is no power of two") }
        guard bytes >= 0, let made = target.allocate(byteCount: bytes, alignment: alignment) else {
            throw Failure(
                FAULTLINE_FULL,
                "the arena of \(target.range.count) bytes has no room for \(UInt(bitPattern: bytes)) bytes")
        }
        place.pointee = made
    }
}

/// Bytes that a block has. - Throws: BAD_ARGUMENT.
private func size(_ block: UnsafeRawPointer?, in arena: WindowArena) throws(Failure) -> Int {
    guard let block, let bytes = arena.capacity(of: block) else {
        throw .argument("no block of the arena begins there, or it was given back")
    }
    return bytes
}

@_cdecl("faultline_arena_free")
public func faultline_arena_free(_ arena: OpaquePointer?, _ block: UnsafeMutableRawPointer?) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.arena(arena)
        guard let block else { return }
        guard target.deallocateIfGiven(block) else {
            throw .argument("no block of the arena begins there, or it was given back")
        }
    }
}

@_cdecl("faultline_arena_block_size")
public func faultline_arena_block_size(
    _ arena: OpaquePointer?, _ block: UnsafeRawPointer?, _ bytes: UnsafeMutablePointer<Int>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(bytes, "bytes")
        place.pointee = try size(block, in: try Handles.arena(arena))
    }
}

@_cdecl("faultline_arena_used")
public func faultline_arena_used(
    _ arena: OpaquePointer?, _ bytes: UnsafeMutablePointer<UInt64>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(bytes, "bytes")
        place.pointee = try Handles.arena(arena).usedBytes
    }
}

@_cdecl("faultline_arena_trim")
public func faultline_arena_trim(
    _ arena: OpaquePointer?, _ pages: UnsafeMutablePointer<UInt64>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(pages, "pages")
        let target = try Handles.arena(arena)
        do throws(Errno) { place.pointee = try target.trim() } catch { throw Failure(error, nil) }
    }
}
