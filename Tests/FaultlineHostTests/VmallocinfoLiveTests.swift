import FaultlineInspect
import Foundation
import Testing

@testable import Faultline

/// Areas of vmalloc on both machines, for the same sizes.
///
/// The live kernel makes one for each array map of BPF that is larger than kmalloc serves: `bpf_map_area_alloc` asks for the array and
/// a header of less than a page.
@Suite("vmallocinfo", .serialized)
struct VmallocinfoLiveTests {
    /// `struct bpf_array` before its elements is larger than this and smaller than three times as much.
    private static let header: UInt64 = 160

    /// `bpf(BPF_MAP_CREATE)`: an array of one element. Returns a descriptor, or -1.
    private static func makeMap(_ bytes: UInt32) -> Int32 {
        typealias Call = @convention(c) (Int, Int, UnsafeMutablePointer<UInt32>, Int) -> Int
        guard let symbol = dlsym(nil, "syscall") else { return -1 }
        // BPF_MAP_TYPE_ARRAY, with keys of 4 bytes.
        var words: [UInt32] = [2, 4, bytes, 1] + Array(repeating: 0, count: 14)
        // SAFETY: syscall(2) takes its arguments as any function does that has no floating-point ones; the kernel reads the words.
        return Int32(unsafeBitCast(symbol, to: Call.self)(321, 0, &words, words.count * 4))
    }

    /// The areas of array maps by their addresses: the rest of each line behind its caller.
    private static func liveAreas() -> [String: String] {
        guard let text = try? String(contentsOfFile: "/proc/vmallocinfo", encoding: .utf8) else { return [:] }
        var areas: [String: String] = [:]
        for line in text.split(separator: "\n") where line.contains(" array_map_alloc+") {
            let words = line.split(separator: " ")
            areas[String(words[0])] = form([words[1]] + words.dropFirst(3))
        }
        return areas
    }

    /// Size, pages and flags, without the nodes.
    private static func form(_ words: [Substring]) -> String {
        words.filter { !$0.hasPrefix("N") }.joined(separator: " ")
    }

    /// The same of an area of the simulated machine.
    private static func simulatedAreas(_ machine: Machine) throws -> [String: String] {
        guard case .text(let text, _) = try ProcFiles(machine, processName: { "\($0)" }).read("/proc/vmallocinfo")
        else {
            return [:]
        }
        var areas: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 3 { areas[String(words[0])] = form([words[1]] + words.dropFirst(3)) }
        }
        return areas
    }

    @Test("areas of the same sizes have the live kernel's sizes, pages and flags, the arrays of their pages too")
    func areas() throws {
        guard geteuid() == 0, case let probe = Self.makeMap(1 << 20), probe >= 0 else {
            print("skipped: this takes root and BPF maps")
            return
        }
        close(probe)
        let machine = try Machine(ramBytes: 1 << 30)
        try machine.bringUpKernel()
        var compared = 0
        for pages in [9, 16, 100, 511, 512, 513, 1000] as [UInt64] {
            let bytes = (pages - 1) << 12 + 1024
            let before = Self.liveAreas()
            let map = Self.makeMap(UInt32(bytes))
            guard map >= 0 else { continue }
            let made = Self.liveAreas().filter { before[$0.key] == nil }.map(\.value).sorted()
            close(map)
            // Addresses are hidden, or others made maps meanwhile.
            guard made.count == (pages > 512 ? 2 : 1) else { continue }
            compared += 1
            let old = try Self.simulatedAreas(machine)
            #expect(machine.vmalloc(bytes + Self.header) != nil)
            let ours = try Self.simulatedAreas(machine).filter { old[$0.key] == nil }.map(\.value).sorted()
            #expect(ours == made, "\(pages) pages")
        }
        if compared == 0 { print("skipped: /proc/vmallocinfo does not show the areas here, or changes too fast") }
    }
}
