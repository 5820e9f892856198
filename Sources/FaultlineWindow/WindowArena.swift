import CWindow
public import Faultline

/// Blocks of memory in a window, in the manner of malloc: an existing data structure lives in the simulated process so.
///
/// What the arena knows lies outside of the window: allocating and freeing touch none of it, so that the faults are those of the code that
/// uses the blocks. Any thread may call it.
public final class WindowArena: @unchecked Sendable {
    /// Where its memory is.
    public let window: AddressWindow
    /// Its memory: simulated addresses inside the window.
    public let range: Range<VirtualAddress>
    private let arena: UnsafeMutablePointer<fl_arena>

    /// An arena in memory that the process has mapped, or maps before a block is touched.
    ///
    /// - Parameter range: whole pages of the window.
    /// - Throws: ``WindowError/outside(_:of:)``, ``WindowError/range(_:)``, ``WindowError/host(errno:)``.
    public init(in window: AddressWindow, _ range: Range<VirtualAddress>) throws(WindowError) {
        guard range.lowerBound >= window.range.lowerBound, range.upperBound <= window.range.upperBound else {
            throw .outside(range, of: window.range)
        }
        guard !range.isEmpty, range.lowerBound % PageSize.base == 0, range.upperBound % PageSize.base == 0 else {
            throw .range(range)
        }
        arena = .allocate(capacity: 1)
        let base = window.base + Int(range.lowerBound - window.range.lowerBound)
        // SAFETY: room for one record, which this object keeps where it is.
        let error = fl_arena_create(arena, base, UInt64(range.count))
        guard error == 0 else {
            arena.deallocate()
            throw .host(errno: error)
        }
        self.window = window
        self.range = range
    }

    /// Maps private anonymous memory for a process, opens a window of it, and makes an arena of all of it.
    ///
    /// - Parameter bytes: rounded up to whole pages.
    /// - Throws: ``Errno`` of the mapping, ``WindowError``.
    public convenience init(_ process: WindowProcess, bytes: UInt64, _ options: WindowOptions = WindowOptions()) throws
    {
        let start = try process.mmap(length: bytes)
        let end = (start + bytes + PageSize.base - 1) & ~(PageSize.base - 1)
        try self.init(in: AddressWindow(process, start..<end, options), start..<end)
    }

    deinit {
        fl_arena_destroy(arena)
        arena.deallocate()
    }

    /// A block; nil where no room is left. Its bytes are zero where nobody wrote to them before.
    ///
    /// - Parameter alignment: a power of two.
    public func allocate(byteCount: Int, alignment: Int = 16) -> UnsafeMutableRawPointer? {
        precondition(byteCount >= 0 && alignment > 0 && alignment & (alignment - 1) == 0, "a block's size or alignment")
        return fl_arena_allocate(arena, UInt64(byteCount), UInt64(alignment))
    }

    /// Room for values of a type; nil where none is left.
    public func allocate<Value: BitwiseCopyable>(
        _ type: Value.Type, capacity: Int
    ) -> UnsafeMutablePointer<Value>? {
        allocate(byteCount: capacity * MemoryLayout<Value>.stride, alignment: MemoryLayout<Value>.alignment)?
            .bindMemory(to: type, capacity: capacity)
    }

    /// Gives a block back. - Precondition: it came from here and was not given back before.
    public func deallocate(_ block: UnsafeMutableRawPointer) {
        precondition(deallocateIfGiven(block), "a block is freed that the arena has not given out, or freed twice")
    }

    /// The same for a place that need not be a block: false where none begins, or it was given back before.
    public func deallocateIfGiven(_ block: UnsafeMutableRawPointer) -> Bool { fl_arena_free(arena, block) }

    /// Bytes that a block has room for; nil for a place where none begins.
    public func capacity(of block: UnsafeRawPointer) -> Int? {
        let bytes = fl_arena_size(arena, block)
        return bytes == 0 ? nil : Int(bytes)
    }

    /// Bytes that are given out, with what rounding adds.
    public var usedBytes: UInt64 { arena.pointee.used_bytes }

    /// Gives the pages of the simulated process back in which no block lies (MADV_DONTNEED), as malloc_trim(3) does.
    ///
    /// - Returns: pages that were advised, whether they were there or not.
    /// - Throws: ``Errno`` of madvise. No block may be allocated meanwhile.
    @discardableResult
    public func trim() throws(Errno) -> UInt64 {
        var page: UInt64 = 0
        var count: UInt64 = 0
        var sum: UInt64 = 0
        while fl_arena_free_pages(arena, &page, &count) {
            try window.process.madvise(at: range.lowerBound + page << 12, length: count << 12, .dontNeed)
            sum += count
            page += count
        }
        return sum
    }
}
