import CShim
import Foundation

/// A copy of every table of a scene, allocated once: one is taken and compared around every access.
final class TableSnapshot {
    private let entries: UnsafeMutableBufferPointer<UInt64>

    init() {
        // SAFETY: allocated here, freed by deinit, and never resized between.
        entries = .allocate(capacity: TableScene.tableFrames.count * 512)
        entries.initialize(repeating: 0)
    }

    deinit {
        entries.deallocate()
    }

    /// The entry `index` of the table in frame `pfn`.
    func entry(_ index: UInt64, of pfn: UInt64) -> UInt64 {
        entries[Int((pfn - TableScene.root) * 512 + index)]
    }

    func take(from ram: fl_ram) {
        memcpy(entries.baseAddress!, ram.table(TableScene.root), entries.count * 8)
    }

    func restore(to ram: fl_ram) {
        memcpy(ram.table(TableScene.root), entries.baseAddress!, entries.count * 8)
    }

    func equals(_ ram: fl_ram) -> Bool {
        memcmp(entries.baseAddress!, ram.table(TableScene.root), entries.count * 8) == 0
    }

    /// The first entry in which the tables in RAM differ from this copy; empty if none does.
    func difference(from ram: fl_ram) -> String {
        let other = ram.table(TableScene.root)
        for index in 0..<entries.count where entries[index] != other[index] {
            return "entry \(index % 512) of frame \(UInt64(index / 512) + TableScene.root): "
                + "0x\(String(entries[index], radix: 16)), and 0x\(String(other[index], radix: 16))"
        }
        return ""
    }
}
