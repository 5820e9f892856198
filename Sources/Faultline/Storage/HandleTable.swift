/// A table of a fixed size of handles to records of an ``Arena``, each nil at first. It is read where an array's checks would cost.
struct HandleTable<Record>: ~Copyable {
    private let slots: UnsafeMutablePointer<Handle<Record>?>
    private let count: Int

    init(count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil, count: count)
        self.count = count
    }

    deinit { slots.deallocate() }

    /// Precondition: the index is below the table's size.
    @inline(__always)
    subscript(_ index: Int) -> Handle<Record>? {
        get {
            precondition(index >= 0 && index < count, "an index is below the table's size")
            // SAFETY: the index was compared with the size.
            return slots[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "an index is below the table's size")
            slots[index] = newValue
        }
    }
}
