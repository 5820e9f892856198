import CExec
import Faultline
import FaultlineCallSites

/// The code that a process has mapped: who names it and follows its calls.
extension SimulatedSpace {
    /// For the code that is mapped now; nil where there is none.
    var symbolizer: Symbolizer? {
        if let known = codeSymbolizer { return known }
        codeSymbolizer = maps.flatMap { try? Symbolizer(maps: $0) }
        return codeSymbolizer
    }

    /// The mappings, as /proc/PID/maps has them; each file has a number of its own in place of its inode.
    private var maps: String? {
        guard let view = try? machine.snapshot(process, listsPages: { _, _ in false }) else { return nil }
        var numbers: [String: Int] = [:]
        return view.vmas.map { vma in
            let range = "\(String(vma.start, radix: 16))-\(String(vma.end, radix: 16))"
            let isFile = vma.name.hasPrefix("/")
            let number = isFile ? numbers[vma.name, default: numbers.count + 1] : 0
            if isFile { numbers[vma.name] = number }
            let place = "\(String(vma.offset, radix: 16)) \(isFile ? "00:01" : "00:00") \(number)"
            return "\(range) \(vma.permissions) \(place) \(vma.name)\n"
        }.joined()
    }

    /// Eight bytes of the memory that the process has at an address; no fault is taken. Nil where no page is.
    func word(at address: UInt64) -> UInt64? {
        guard address % 8 == 0 else {
            guard let bytes = try? machine.peek(ProcessID(process), at: address, count: 8), bytes.count == 8 else {
                return nil
            }
            return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard let frame = (try? machine.shownFrame(process, at: address & ~4095)) ?? nil else { return nil }
        return ramWord(frame << 12 + address & 4095)
    }
}
