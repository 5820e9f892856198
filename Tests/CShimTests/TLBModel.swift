import CShim

/// A plain model of a CPU's TLBs for accesses to present pages of 4 KiB: who hits where, and what is thrown out.
struct TLBModel {
    /// One array: sets of ways, and for each set what its replacement remembers.
    struct Array {
        let shape: fl_tlb_shape
        let shift: UInt64
        private var pages: [[UInt64?]]
        private var order: [[Int]]
        private var trees: [[Bool]]

        init(_ shape: fl_tlb_shape, shift: UInt64) {
            let (sets, ways) = (Int(shape.sets), Int(shape.ways))
            self.shape = shape
            self.shift = shift
            pages = .init(repeating: .init(repeating: nil, count: ways), count: sets)
            order = .init(repeating: [], count: sets)
            trees = .init(repeating: .init(repeating: false, count: max(ways, 1)), count: sets)
        }

        private func place(_ address: UInt64) -> (set: Int, page: UInt64)? {
            guard shape.sets > 0 else { return nil }
            let page = (address << 16) >> (16 + shift)
            return (Int(page % UInt64(shape.sets)), page)
        }

        /// Whether the address is there; a hit is a use.
        mutating func find(_ address: UInt64) -> Bool {
            guard let (set, page) = place(address), let way = pages[set].firstIndex(of: page) else { return false }
            touch(set, way)
            return true
        }

        mutating func insert(_ address: UInt64) {
            guard let (set, page) = place(address) else { return }
            let way = pages[set].firstIndex(of: page) ?? victim(set)
            pages[set][way] = page
            touch(set, way)
        }

        private func victim(_ set: Int) -> Int {
            if shape.replacement == FL_REPLACE_LRU.rawValue {
                return pages[set].firstIndex(of: nil) ?? order[set][0]
            }
            // Down the tree: a node sends to the half that was not used last.
            var (node, low, count) = (0, 0, Int(shape.ways))
            while count > 1 {
                count /= 2
                if trees[set][node] { low += count }
                node = 2 * node + (trees[set][node] ? 2 : 1)
            }
            return low
        }

        private mutating func touch(_ set: Int, _ way: Int) {
            order[set].removeAll { $0 == way }
            order[set].append(way)
            var (node, low, count) = (0, 0, Int(shape.ways))
            while count > 1 {
                count /= 2
                let isUpper = way >= low + count
                trees[set][node] = !isUpper
                if isUpper { low += count }
                node = 2 * node + (isUpper ? 2 : 1)
            }
        }
    }

    private var code: Array
    private var data: Array
    private var second: Array
    /// By level: of page tables, page directories, PDPTs.
    private var structures: [Array]

    var firstHits = [UInt64](repeating: 0, count: 3)
    var secondHits = [UInt64](repeating: 0, count: 3)
    var walks = [UInt64](repeating: 0, count: 3)
    var loads = [UInt64](repeating: 0, count: 5)
    var saved: UInt64 = 0

    init(code: fl_tlb_shape, data: fl_tlb_shape, second: fl_tlb_shape, structures: [fl_tlb_shape]) {
        self.code = Array(code, shift: 12)
        self.data = Array(data, shift: 12)
        self.second = Array(second, shift: 12)
        self.structures = zip(structures, [21, 30, 39] as [UInt64]).map { Array($0, shift: $1) }
    }

    mutating func access(_ address: UInt64, _ kind: Int) {
        let isFetch = kind == 2
        if isFetch ? code.find(address) : data.find(address) {
            firstHits[kind] += 1
            return
        }
        if second.find(address) {
            secondHits[kind] += 1
        } else {
            walk(address, kind)
            second.insert(address)
        }
        if isFetch { code.insert(address) } else { data.insert(address) }
    }

    private mutating func walk(_ address: UInt64, _ kind: Int) {
        walks[kind] += 1
        var start = 4
        for level in 1...3 where start == 4 && structures[level - 1].find(address) { start = level }
        saved += UInt64(4 - start)
        for level in 1...start { loads[level] += 1 }
        for level in 1..<start { structures[level - 1].insert(address) }
    }
}
