extension XArray {
    /// Neighbouring indices whose words stand side by side.
    struct Run {
        /// The words from the first index on; nil where there is no leaf: then all of the run have the same word.
        let words: UnsafePointer<UInt64>?
        let count: Int
    }

    /// The words from `index` on, up to the end of its leaf or `limit`. Valid until the array is changed.
    ///
    /// Precondition: `index < limit`.
    @inline(__always)
    func run(from index: UInt64, before limit: UInt64) -> Run {
        let count = Int(truncatingIfNeeded: min(limit &- index, 64 &- index & 63))
        return Run(words: leaf(for: index).map { UnsafePointer($0.words + XArray.slot(index, 0)) }, count: count)
    }
}
