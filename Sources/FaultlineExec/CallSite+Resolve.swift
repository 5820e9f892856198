import Faultline
import Glibc

extension CallSite {
    /// Instructions as functions of the files that they are in, the most faults first.
    static func resolve(_ counts: [UInt64: Int], in vmas: [VMAView]) -> [CallSite] {
        var tables: [String: SymbolTable] = [:]
        var sums: [String: CallSite] = [:]
        for (place, count) in counts {
            let site = resolve(place, count, vmas, &tables)
            let known = sums[site.text]?.faults ?? 0
            sums[site.text] = CallSite(
                object: site.object, function: site.function, offset: site.offset, faults: known + count)
        }
        return sums.values.sorted { ($1.faults, $0.text) < ($0.faults, $1.text) }
    }

    private static func resolve(
        _ place: UInt64, _ count: Int, _ vmas: [VMAView], _ tables: inout [String: SymbolTable]
    ) -> CallSite {
        guard let vma = vmas.first(where: { $0.contains(place) }) else {
            return CallSite(object: "?", function: "", offset: place, faults: count)
        }
        let offset = place - vma.start + vma.offset
        let object = vma.name.isEmpty ? "?" : String(vma.name.split(separator: "/").last ?? "?")
        guard vma.name.hasPrefix("/") else {
            return CallSite(object: object, function: "", offset: offset, faults: count)
        }
        let table = tables[vma.name] ?? SymbolTable(file: vma.name)
        tables[vma.name] = table
        if let (function, distance) = table.function(atFileOffset: offset) {
            return CallSite(object: object, function: function, offset: distance, faults: count)
        }
        return CallSite(object: object, function: "", offset: offset, faults: count)
    }
}

/// The functions of an ELF file, by the symbols that it has: `.symtab`, else `.dynsym`.
struct SymbolTable {
    private struct Function {
        let start: UInt64
        let size: UInt64
        let name: Int
    }

    private let bytes: [UInt8]
    private var functions: [Function] = []
    private var segments: [(offset: UInt64, address: UInt64, size: UInt64)] = []

    /// Reads a file; one that is none, or that has no symbols, knows no functions.
    init(file: String) {
        bytes = HostText.bytes(file)
        guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), bytes[4] == 2 else { return }
        readSegments()
        readSymbols()
        functions.sort { $0.start < $1.start }
    }

    /// The function that a byte of the file is in, and how far behind its start.
    func function(atFileOffset offset: UInt64) -> (name: String, distance: UInt64)? {
        guard let segment = segments.first(where: { $0.offset <= offset && offset - $0.offset < $0.size }) else {
            return nil
        }
        let address = offset - segment.offset + segment.address
        var (low, high) = (0, functions.count)
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address - functions[low - 1].start < max(functions[low - 1].size, 1) else { return nil }
        let name = bytes[functions[low - 1].name...].prefix { $0 != 0 }
        return (String(decoding: name, as: UTF8.self), address - functions[low - 1].start)
    }

    private func number(_ place: UInt64, _ width: Int) -> UInt64 {
        guard place < UInt64(bytes.count), Int(place) + width <= bytes.count else { return 0 }
        return (0..<width).reduce(0) { $0 | UInt64(bytes[Int(place) + $1]) << (8 * UInt64($1)) }
    }

    private mutating func readSegments() {
        let (start, size) = (number(32, 8), number(54, 2))
        for index in 0..<number(56, 2) {
            let place = start &+ index &* size
            // PT_LOAD
            if number(place, 4) == 1 {
                segments.append((number(place &+ 8, 8), number(place &+ 16, 8), number(place &+ 32, 8)))
            }
        }
    }

    private mutating func readSymbols() {
        let (start, size, count) = (number(40, 8), number(58, 2), number(60, 2))
        let sections = (0..<count).map { start &+ $0 &* size }
        // SHT_SYMTAB, SHT_DYNSYM
        guard
            let table = sections.first(where: { number($0 &+ 4, 4) == 2 })
                ?? sections.first(where: { number($0 &+ 4, 4) == 11 })
        else { return }
        let (place, length, link) = (number(table &+ 24, 8), number(table &+ 32, 8), number(table &+ 40, 4))
        guard link < count, place < UInt64(bytes.count) else { return }
        let names = number(sections[Int(link)] &+ 24, 8)
        for entry in 0..<min(length, UInt64(bytes.count) - place) / 24 {
            let symbol = place + entry * 24
            let kind = number(symbol + 4, 1) & 15
            let name = names &+ number(symbol, 4)
            // STT_FUNC, STT_GNU_IFUNC, in a section of this file.
            if kind == 2 || kind == 10, number(symbol + 6, 2) != 0, name < UInt64(bytes.count) {
                functions.append(
                    Function(start: number(symbol + 8, 8), size: number(symbol + 16, 8), name: Int(name)))
            }
        }
    }
}

extension HostText {
    /// A whole file; empty where it cannot be read.
    static func bytes(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return [] }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_size > 0, facts.st_size < 1 << 30 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: facts.st_size) { buffer, count in
            // SAFETY: reads within the buffer, whose first `count` bytes are set then.
            count = max(0, pread(descriptor, buffer.baseAddress, facts.st_size, 0))
        }
    }
}
