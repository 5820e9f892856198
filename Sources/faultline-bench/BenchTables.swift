import CBench
import CShim

/// Page tables over a range of linear addresses, and the addresses to translate: the material of one measurement.
final class BenchTables {
    /// The tables and the simulated RAM they lie in.
    private(set) var tables = fl_bench_tables()

    /// The addresses, in the order in which they are translated.
    let addresses: UnsafeMutableBufferPointer<UInt64>

    /// Maps `pages` 4 KiB pages (a power of two) and makes room for `count` addresses.
    init(pages: UInt64, count: Int, section: String) throws(BenchError) {
        // SAFETY: allocated here, freed by deinit, and never resized between.
        addresses = .allocate(capacity: count)
        addresses.initialize(repeating: 0)
        guard fl_bench_tables_create(&tables, pages, 1) == FL_OK else {
            addresses.deallocate()
            throw .outOfMemory(section: section, bytes: pages * 8)
        }
    }

    deinit {
        fl_bench_tables_destroy(&tables)
        addresses.deallocate()
    }

    /// Addresses at random over the whole range.
    func useRandomAddresses(seed: UInt64 = 7) {
        fl_bench_addresses(&tables, addresses.baseAddress!, UInt64(addresses.count), 0, seed)
    }

    /// One address in each page, the pages in order.
    func useSequentialPages(seed: UInt64 = 7) {
        fl_bench_addresses(&tables, addresses.baseAddress!, UInt64(addresses.count), 1, seed)
    }
}
