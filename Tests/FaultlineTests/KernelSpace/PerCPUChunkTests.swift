import Foundation
import Testing

@testable import Faultline

/// The search for a place in a chunk of per-CPU memory.
struct PerCPUChunkTests {
    private static let megabyte = 1 << 20

    private static var recording: [[Substring]] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "FaultlineScenarioTests/Recordings/kernel/percpu-areas.txt")
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    }

    @Test(
        "areas get the offsets that the live kernel gave them in the same chunks, whose hints are as percpu_stats shows them"
    )
    func placesOfLiveKernel() throws {
        var chunks: [Substring: PerCPUChunk] = [:]
        var (taken, gone, compared) = (0, 0, 0)
        for (number, step) in Self.recording.enumerated() {
            switch step[0] {
            case "chunk": chunks[step[1]] = PerCPUChunk(number: 0, base: 0, pages: 256)
            case "gone":
                #expect(chunks[step[1]]?.freeBytes == Self.megabyte)
                chunks[step[1]] = nil
                gone += 1
            case "take":
                let (bytes, align) = (try #require(Int(step[1])), try #require(Int(step[2])))
                let (bits, unit) = ((bytes + 3) / 4, max(align, 4) / 4)
                var chunk = try #require(chunks[step[3]])
                let start = try #require(chunk.findFit(bits, align: unit, populatedOnly: false), "\(step)")
                #expect(chunk.takeArea(bits, align: unit, from: start) == Int(step[5]), "\(step)")
                chunk.areaCount += 1
                chunks[step[3]] = chunk
                taken += 1
            case "stats":
                // first_bit, free_bytes and contig_bytes of percpu_stats.
                let chunk = try #require(chunks[step[1]])
                let figures = [
                    chunk.areaCount, chunk.whole.firstFree, chunk.freeBytes, chunk.whole.contigHint * 4,
                ]
                #expect(figures == [3, 5, 7, 9].map { Int(step[$0]) }, "\(step)")
                compared += 1
            default:
                let offset = try #require(Int(step[3]))
                #expect(try #require(chunks[step[1]]).hasArea(at: offset))
                _ = chunks[step[1]]?.giveBackArea(at: offset)
            }
            for chunk in chunks.values where number % 7 == 0 {
                var whole = chunk
                // Nothing of these has frames here.
                whole.emptyPages = 0
                #expect(whole.checkInvariants() == nil, "\(step)")
            }
        }
        #expect(taken > 300 && gone == 1 && compared == 2)
    }

    @Test("no hint of a block says too much after many random areas, and a chunk that is free is as at first")
    func fuzz() throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var chunk = PerCPUChunk(number: 0, base: 0, pages: 64)
            var live: [Int] = []
            for step in 0..<1200 {
                if live.isEmpty || random.chance(step % 600 < 300 ? 65 : 35) {
                    let bits = [1, 2, 4, 6, 16, 100, 500, 1024, 3000][random.below(9)]
                    let align = [1, 2, 2, 16, 1024][random.below(5)]
                    if let start = chunk.findFit(bits, align: align, populatedOnly: false),
                        let offset = chunk.takeArea(bits, align: align, from: start)
                    {
                        chunk.areaCount += 1
                        #expect(offset % (align * 4) == 0)
                        live.append(offset)
                    }
                } else {
                    _ = chunk.giveBackArea(at: live.remove(at: random.below(live.count)))
                }
                if step % 4 != 0 { continue }
                var looked = chunk
                looked.emptyPages = 0
                let problem = looked.checkInvariants()
                #expect(problem == nil, "seed \(seed), step \(step)")
                if problem != nil { return }
            }
            for offset in live { _ = chunk.giveBackArea(at: offset) }
            #expect(chunk.freeBytes == 64 << 12 && chunk.areaCount == 0)
            #expect(chunk.whole.contigHint == 64 * 1024)
        }
    }
}
