import Faultline
@testable import FaultlineWindow
import Foundation
import Testing
import WindowPrograms

/// Random calls and touches through windows, beside a plain model of bytes, and beside the same calls and accesses on a second machine
/// without windows.
@Suite("Windows at random")
struct FuzzTests {
    @Test("bytes, errnos, signals, faults, RSS and entries are those of a machine without windows", arguments: 1...24)
    func sameAsWithout(_ seed: UInt64) throws {
        let first = ProcessInfo.processInfo.environment["FAULTLINE_SEED"].flatMap { UInt64($0) } ?? seed
        let twins = try Twins(seed: first)
        for step in 0..<250 {
            if let difference = try twins.step(checksAll: step % 10 == 9) {
                Issue.record(
                    "step \(step), \(twins.last): \(difference)\n  replay: FAULTLINE_SEED=\(first) swift test --filter FuzzTests"
                )
                return
            }
        }
    }
}

/// Two machines to which the same happens, and what their bytes must be.
final class Twins {
    private static let pages: UInt64 = 48
    private var random: SplitMix64
    private let machine: WindowMachine
    private let plain: Machine
    private var sides: [Side] = []
    /// What the last step did, for a report.
    private(set) var last = ""

    /// A process on both machines.
    private struct Side {
        let process: WindowProcess
        let window: AddressWindow
        let other: ProcessID
        var pages: [UInt64: ModelPage]
    }

    /// What a mapping has at a page; private ones are copied by a fork.
    private final class ModelPage {
        var bytes: [Int: UInt8]
        let isShared: Bool

        init(_ bytes: [Int: UInt8] = [:], isShared: Bool) {
            self.bytes = bytes
            self.isShared = isShared
        }
    }

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        machine = try WindowMachine(ramBytes: 64 << 20)
        plain = try Machine(ramBytes: 64 << 20)
        let process = try machine.spawn()
        sides = [Side(process: process, window: try Self.window(process), other: try plain.startProcess(), pages: [:])]
    }

    private static func window(_ process: WindowProcess) throws -> AddressWindow {
        var options = WindowOptions()
        options.usesSameAddresses = false
        return try AddressWindow(process, W..<page(pages), options)
    }

    private func pick(_ count: UInt64) -> UInt64 { random.next() % count }

    /// Makes one step. - Returns: what differs, or nil.
    func step(checksAll: Bool) throws -> String? {
        let index = Int(pick(UInt64(sides.count)))
        let difference: String?
        switch pick(20) {
        case 0, 1: difference = map(index)
        case 2:
            difference = change("munmap", index) { side, start, count in
                for page in start..<start + count { side.pages[page] = nil }
            } call: { machine, process, start, count throws(Errno) in
                try machine.munmap(process, at: page(start), length: count << 12)
            }
        case 3, 4: difference = protect(index)
        case 5: difference = advise(index)
        case 6: difference = try fork(index)
        case 7: difference = try exit(index)
        case 8: difference = move(index)
        default: difference = try touch(index)
        }
        if let difference { return difference }
        if let problem = machine.withMachine({ $0.checkInvariants() }) { return problem }
        return checksAll ? try compare() : nil
    }

    /// The same call on both machines. - Returns: whether it succeeded, or nil where the two do not agree.
    private func both<Value: Equatable>(
        _ index: Int, _ call: (Machine, ProcessID) throws(Errno) -> Value
    ) -> (Result<Value, Errno>, String?) {
        func attempt(_ machine: Machine, _ process: ProcessID) -> Result<Value, Errno> {
            do throws(Errno) { return .success(try call(machine, process)) } catch { return .failure(error) }
        }
        let ours = machine.withMachine { attempt($0, sides[index].process.id) }
        let theirs = attempt(plain, sides[index].other)
        return (ours, ours == theirs ? nil : "with windows \(ours), without \(theirs)")
    }

    private func change(
        _ name: String, _ index: Int, _ apply: (inout Side, UInt64, UInt64) -> Void,
        call: (Machine, ProcessID, UInt64, UInt64) throws(Errno) -> Void
    ) -> String? {
        let start = pick(Self.pages - 1)
        let count = 1 + pick(min(8, Self.pages - start))
        last = "process \(index): \(name) of \(count) pages at page \(start)"
        let (result, difference) = both(index) { machine, process throws(Errno) in
            try call(machine, process, start, count)
            return true
        }
        if case .success = result { apply(&sides[index], start, count) }
        return difference
    }

    private func map(_ index: Int) -> String? {
        let isShared = pick(3) == 0
        let protection = Protection(rawValue: [3, 3, 3, 1, 0, 7][Int(pick(6))])
        return change("mmap \(isShared ? "shared" : "private") \(protection.rawValue)", index) { side, start, count in
            for page in start..<start + count { side.pages[page] = ModelPage(isShared: isShared) }
        } call: { machine, process, start, count throws(Errno) in
            try machine.mmap(
                process, at: page(start), length: count << 12, protection: protection,
                flags: [isShared ? .shared : .private, .anonymous, .fixed])
        }
    }

    private func protect(_ index: Int) -> String? {
        let protection = Protection(rawValue: [3, 3, 1, 0, 5][Int(pick(5))])
        return change("mprotect \(protection.rawValue)", index) { _, _, _ in
        } call: { machine, process, start, count throws(Errno) in
            try machine.mprotect(process, at: page(start), length: count << 12, protection)
        }
    }

    private func advise(_ index: Int) -> String? {
        let advice = [Advice.dontNeed, .cold, .free, .pageOut, .populateWrite, .populateRead][Int(pick(6))]
        let start = pick(Self.pages - 1)
        let count = 1 + pick(min(8, Self.pages - start))
        last = "process \(index): madvise \(advice) of \(count) pages at page \(start)"
        let (_, difference) = both(index) { machine, process throws(Errno) in
            try machine.madvise(process, at: page(start), length: count << 12, advice)
            return true
        }
        // ENOMEM for a hole comes when the mapped parts are done.
        if advice == .dontNeed {
            for page in start..<start + count {
                if let old = sides[index].pages[page], !old.isShared {
                    sides[index].pages[page] = ModelPage(isShared: false)
                }
            }
        }
        return difference
    }

    private func move(_ index: Int) -> String? {
        let (from, to) = (pick(Self.pages - 4), pick(Self.pages - 4))
        last = "process \(index): mremap of 2 pages from \(from) to \(to)"
        let (result, difference) = both(index) { machine, process throws(Errno) in
            try machine.mremap(
                process, at: page(from), length: 8192, to: 8192, flags: [.mayMove, .fixed], newAddress: page(to))
        }
        for offset in 0..<2 as Range<UInt64> {
            let moved = sides[index].pages[from + offset]
            let isMoved: Bool
            if case .success = result {
                // A hole in the source leaves the destination as it is.
                isMoved = moved != nil
            } else {
                // The first of two VMAs was moved, the second could not be.
                isMoved = moved != nil && !isMapped(index, from + offset) && isMapped(index, to + offset)
            }
            if isMoved {
                (sides[index].pages[from + offset], sides[index].pages[to + offset]) = (nil, moved)
            } else if !isMapped(index, to + offset) {
                // The destination's pages are gone, although nothing could be moved there.
                sides[index].pages[to + offset] = nil
            }
        }
        return difference
    }

    private func isMapped(_ index: Int, _ number: UInt64) -> Bool {
        guard let view = try? plain.snapshot(sides[index].other) else { return false }
        return view.vmas.contains { $0.contains(page(number)) }
    }

    private func fork(_ index: Int) throws -> String? {
        last = "process \(index): fork"
        if sides.count == 4 { return nil }
        let child = try sides[index].process.fork()
        let other = try plain.fork(sides[index].other)
        let pages = sides[index].pages.mapValues { $0.isShared ? $0 : ModelPage($0.bytes, isShared: false) }
        sides.append(Side(process: child, window: try Self.window(child), other: other, pages: pages))
        return nil
    }

    private func exit(_ index: Int) throws -> String? {
        last = "process \(index): exit"
        if sides.count == 1 || pick(2) == 0 { return nil }
        let side = sides.remove(at: index)
        try side.process.exit()
        try plain.exit(side.other)
        return nil
    }

    private func touch(_ index: Int) throws -> String? {
        let number = pick(Self.pages)
        let offset = Int([0, 1, 7, 63, 64, 2048, 4095][Int(pick(7))])
        let address = page(number) + UInt64(offset)
        let side = sides[index]
        let place = side.window.base + Int(number << 12) + offset
        let value = UInt8(truncatingIfNeeded: random.next())
        let isWrite = pick(2) == 0
        last = "process \(index): \(isWrite ? "store" : "load") at page \(number), offset \(offset)"
        var read: UInt8 = 0
        var refused: RefusedAccess?
        do {
            if isWrite {
                try side.window.run { _ in wp_store(place, value) }
            } else {
                read = try side.window.run { _ in wp_load(place) }
            }
        } catch WindowError.refused(let access) { refused = access }
        var theirs: FaultSignal?
        var theirByte: UInt8 = 0
        do {
            if isWrite {
                try plain.store(side.other, at: address, value)
            } else {
                theirByte = try plain.load(side.other, at: address)
            }
        } catch AccessError.fault(let fault) { theirs = fault.signal }
        let code: Int32? = theirs.map { $0 == .noMapping ? 1 : $0 == .accessDenied ? 2 : -1 }
        guard refused?.code == code else {
            return
                "with windows \(refused.map { "\($0)" } ?? "no signal"), without \(theirs.map { "\($0)" } ?? "no signal")"
        }
        if refused != nil { return nil }
        guard let model = side.pages[number] else { return "the model has no page there" }
        if isWrite { model.bytes[offset] = value }
        let expected = model.bytes[offset] ?? 0
        if !isWrite, read != expected || theirByte != expected {
            return "read \(read), without windows \(theirByte), expected \(expected)"
        }
        return nil
    }

    /// Faults, VMAs with their figures, and every entry's bits.
    private func compare() throws -> String? {
        for (index, side) in sides.enumerated() {
            let (ours, theirs) = (side.process.faultCounts, try plain.faultCounts(side.other))
            if ours != theirs { return "process \(index): faults \(ours), without windows \(theirs)" }
            let (view, other) = (try side.process.snapshot(), try plain.snapshot(side.other))
            if view != other { return "process \(index): its state differs from the one without windows" }
            for number in 0..<Self.pages {
                let entries = try [
                    machine.withMachine { try $0.walk(side.process.id, at: page(number))?.entries.last?.rawValue },
                    plain.walk(side.other, at: page(number))?.entries.last?.rawValue,
                ]
                if entries[0] != entries[1] { return "process \(index), page \(number): entries \(entries)" }
            }
        }
        return nil
    }
}
