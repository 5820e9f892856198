import Glibc
import Synchronization

/// What a handle of the C API stands for.
protocol HandleTarget: AnyObject, Sendable {
    /// Part of each handle, so that one of another kind is found out.
    static var kind: UInt64 { get }
}

/// The handles of the C API: numbers that are looked up, so that one that was closed, or never was, does no harm.
///
/// A handle is `kind << 48 | generation << 24 | place`, in the form of a pointer that no memory has.
struct Handles: Sendable {
    private struct Entry: Sendable {
        var generation: UInt64
        var target: (any HandleTarget)?
    }

    private var entries: [Entry] = []
    private var free: [Int] = []
    /// A child that the process forks has the numbers, but not the memory behind them.
    private var process = getpid()

    private static var placeBits: UInt64 { 24 }
    private static var generationBits: UInt64 { 24 }
    /// Above every pointer of user space.
    private static func prefix(_ kind: UInt64) -> UInt64 { (0x7f00 + kind) << 48 }

    private static func number(_ kind: UInt64, _ generation: UInt64, _ place: Int) -> OpaquePointer? {
        OpaquePointer(bitPattern: UInt(prefix(kind) | generation << placeBits | UInt64(place)))
    }

    /// The one table of the process: C has no other place for it.
    static let all = Mutex(Handles())

    /// A new handle.
    mutating func add<Target: HandleTarget>(_ target: Target) -> OpaquePointer? {
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(Entry(generation: 0, target: nil)) }
        entries[place].target = target
        return Self.number(Target.kind, entries[place].generation, place)
    }

    private func place(_ handle: OpaquePointer?, _ kind: UInt64) -> Int? {
        let number = UInt64(UInt(bitPattern: handle))
        let place = Int(number & (1 << Self.placeBits - 1))
        let generation = number >> Self.placeBits & (1 << Self.generationBits - 1)
        guard number & ~(1 << (Self.placeBits + Self.generationBits) - 1) == Self.prefix(kind),
            entries.indices.contains(place), entries[place].generation == generation
        else { return nil }
        return place
    }

    func find<Target: HandleTarget>(_ handle: OpaquePointer?, _: Target.Type) throws(Failure) -> Target {
        guard process == getpid() else { throw .forked }
        guard let place = place(handle, Target.kind), let target = entries[place].target as? Target else {
            throw Failure(
                FAULTLINE_BAD_HANDLE, handle == nil ? "the handle is NULL" : "the handle is closed, or of another kind")
        }
        return target
    }

    /// Closes a handle; a number that is none is passed over.
    mutating func remove<Target: HandleTarget>(_ handle: OpaquePointer?, _: Target.Type) {
        guard let place = place(handle, Target.kind) else { return }
        entries[place].target = nil
        // When its generations are used up, the place stays empty.
        entries[place].generation += 1
        if entries[place].generation < 1 << Self.generationBits { free.append(place) }
    }

    /// Looks a handle up.
    static func target<Target: HandleTarget>(_ handle: OpaquePointer?, _ type: Target.Type) throws(Failure) -> Target {
        let found: Result<Target, Failure> = all.withLock { table in
            do throws(Failure) { return .success(try table.find(handle, type)) } catch { return .failure(error) }
        }
        return try found.get()
    }
}
