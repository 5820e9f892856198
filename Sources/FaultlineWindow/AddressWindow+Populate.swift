import CWindow
public import Faultline

extension AddressWindow {
    /// Makes every page of a range accessible now, with one access a page, as a system call on a buffer there would on the simulated machine.
    /// Pages that are shown already cost nothing.
    ///
    /// A page may go again when the process changes its mapping, when it forks, or when the window reaches its limits.
    ///
    /// - Throws: ``WindowError``; pages before one that is refused have been accessed.
    public func populate(_ bytes: Range<VirtualAddress>, for access: WindowAccess) throws(WindowError) {
        try check(bytes)
        // Half of the limit, so that no page of the range goes for another one of it.
        let limit = record.pointee.window.page_limit << 12 / 2
        if UInt64(bytes.count) > limit { throw .tooLarge(bytes: UInt64(bytes.count), limit: limit) }
        var touch = fl_touch()
        touch.kind = access.kind
        try process.machine.withMachine { machine throws(WindowError) in
            var page = bytes.lowerBound & ~(PageSize.base - 1)
            while page < bytes.upperBound {
                touch.address = max(page, bytes.lowerBound)
                if !machine.isShown(core, page, kind: access.kind) {
                    touch.set(machine.touch(core, touch.address, kind: access.kind))
                    if let error = touch.error { throw error }
                }
                page += PageSize.base
            }
        }
    }

    /// Populates a range and hands it to a closure: for system calls of the host on a buffer in the window, and for code that must not be
    /// left by a jump.
    ///
    /// read(2), write(2) and other calls of the *host* do not fault pages in: on memory that the window does not show they end in
    /// EFAULT, or stop short at it, as they do on memory without access. In this closure they find it.
    ///
    /// - Parameter access: what will be done with the bytes; `write` allows reading too.
    /// - Throws: ``WindowError``, and what the closure throws.
    public func withBytes<Result>(
        _ bytes: Range<VirtualAddress>, for access: WindowAccess,
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) throws -> Result {
        try populate(bytes, for: access)
        return try body(
            UnsafeMutableRawBufferPointer(start: base + offset(bytes.lowerBound), count: bytes.count))
    }

    #if compiler(>=6.2)
        /// The same with a span of values, to read.
        ///
        /// - Parameter address: aligned for the type.
        public func withSpan<Element: BitwiseCopyable, Result>(
            at address: VirtualAddress, count: Int, of type: Element.Type, _ body: (Span<Element>) throws -> Result
        ) throws -> Result {
            let length = UInt64(count * MemoryLayout<Element>.stride)
            return try withBytes(address..<address + length, for: .read) { bytes in
                try body(Span(_unsafeElements: UnsafeBufferPointer(bytes.bindMemory(to: type))))
            }
        }

        /// The same with a span of values, to read and write.
        public func withMutableSpan<Element: BitwiseCopyable, Result>(
            at address: VirtualAddress, count: Int, of type: Element.Type,
            _ body: (inout MutableSpan<Element>) throws -> Result
        ) throws -> Result {
            let length = UInt64(count * MemoryLayout<Element>.stride)
            return try withBytes(address..<address + length, for: .write) { bytes in
                var span = MutableSpan(_unsafeElements: bytes.bindMemory(to: type))
                return try body(&span)
            }
        }
    #endif

    /// A typed pointer to a simulated address.
    ///
    /// - Parameter address: aligned for the type; `count` values from it on lie in the window.
    public func pointer<Value: BitwiseCopyable>(
        to address: VirtualAddress, as type: Value.Type, count: Int = 1
    ) -> UnsafeMutablePointer<Value> {
        let length = UInt64(count * MemoryLayout<Value>.stride)
        precondition(
            range.contains(address) && range.upperBound - address >= length, "the values lie outside of the window")
        return (base + offset(address)).bindMemory(to: type, capacity: count)
    }

    /// The simulated address of a place in the window; nil for any other pointer.
    public func address(of pointer: UnsafeRawPointer) -> VirtualAddress? {
        let distance = pointer - UnsafeRawPointer(base)
        guard distance >= 0, distance < range.count else { return nil }
        return range.lowerBound + UInt64(distance)
    }

    private func offset(_ address: VirtualAddress) -> Int { Int(address - range.lowerBound) }

    private func check(_ bytes: Range<VirtualAddress>) throws(WindowError) {
        guard bytes.lowerBound >= range.lowerBound, bytes.upperBound <= range.upperBound else {
            throw .outside(bytes, of: range)
        }
    }
}
