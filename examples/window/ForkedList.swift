import Faultline
import FaultlineWindow

/// A list of ordinary Swift values that lives in a simulated process, which forks.
struct ForkedList {
    struct Node: BitwiseCopyable {
        var value: Int
        var next: UnsafeMutablePointer<Node>?
    }

    let process: WindowProcess
    let arena: WindowArena
    private(set) var first: UnsafeMutablePointer<Node>?

    init() throws {
        process = try WindowMachine(ramBytes: 64 << 20).spawn()
        arena = try WindowArena(process, bytes: 1 << 20)
    }

    mutating func add(_ value: Int) {
        guard let node = arena.allocate(Node.self, capacity: 1) else { return }
        node.initialize(to: Node(value: value, next: first))
        first = node
    }

    var sum: Int {
        var sum = 0
        var place = first
        while let node = place {
            sum += node.pointee.value
            place = node.pointee.next
        }
        return sum
    }
}

/// What the example prints.
func lines() throws -> [String] {
    var lines: [String] = []
    var list = try ForkedList()
    let before = list.process.faultCounts.minor
    for value in 1...1000 { list.add(value) }
    lines.append("1000 nodes, sum \(list.sum): \(list.process.faultCounts.minor - before) page faults")

    // The child has the same list at the same simulated addresses; no page is copied yet.
    let child = try list.process.fork()
    let window = try AddressWindow(child, list.arena.range)
    let rss = (try list.process.snapshot().rssKiB, try child.snapshot().rssKiB)
    lines.append("after fork: the child has \(rss.1) KiB of the parent's \(rss.0)")
    list.first?.pointee.value += 1
    lines.append("the parent writes: sum \(list.sum), \(list.process.faultCounts.minor - before) page faults")
    let node = list.arena.window.address(of: list.first!)!
    let seen = try window.run { _ in window.pointer(to: node, as: ForkedList.Node.self).pointee.value }
    lines.append("the child still reads \(seen), after \(child.faultCounts.minor) page faults")

    // What the kernel refuses comes back as an error.
    try list.process.mprotect(at: list.arena.range.lowerBound, length: 4096, .read)
    do {
        try list.arena.window.run { $0.storeBytes(of: 1, as: UInt8.self) }
    } catch WindowError.refused(let access) {
        lines.append("refused: \(access)")
    }
    return lines
}
