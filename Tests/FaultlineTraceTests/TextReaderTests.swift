import Faultline
import Testing

@testable import FaultlineTrace

struct TextReaderTests {
    @Test("what drmemtrace's view tool prints is read, workloads as processes")
    func readsView() throws {
        let text = """
                       1           0:     W0.T21548 <marker: version 7>
                      20           9:     W0.T21548 ifetch       3 byte(s) @ 0x0000000000401ab7 48 89 e7 mov    %rsp -> %rdi
                      21           9:     W0.T21548 read         8 byte(s) @ 0x00007fff413f5c28 by PC 0x0000000000401ab7
                      22          10:     W0.T21548 non-fetched  2 byte(s) @ 0x0000000000401ab7 non-fetched instruction
                      23          10:     W0.T21548 write        4 byte(s) @ 0x00007fff413f5c30 by PC 0x0000000000401ab7
                      24          10:     W0.T21548 pref-r-L1    1 byte(s) @ 0x00007fff413f5c30 by PC 0x0000000000401ab7
            ------------------------------------------------------------
                      25          11:     W1.T3 ifetch       1 byte(s) @ 0x0000000000401aba c3    ret
            """
        #expect(
            try accesses(of: text) == [
                TraceWord(.process, 0), TraceWord(.execute, at: 0x40_1ab7),
                TraceWord(.read, at: 0x7fff_413f_5c28), TraceWord(.write, at: 0x7fff_413f_5c30),
                TraceWord(.process, 1), TraceWord(.execute, at: 0x40_1aba),
            ])
    }

    @Test("what the samples memtrace_simple and memtrace_x86 print is read")
    func readsSamples() throws {
        let simple =
            "Format: <data address>: <data size>, <(r)ead/(w)rite/opcode>\n0x7f10:  8, r\n0x7f18:  4, w\n0x401000:  3, mov\n"
        #expect(
            try accesses(of: simple) == [
                TraceWord(.read, at: 0x7f10), TraceWord(.write, at: 0x7f18),
                TraceWord(.execute, at: 0x40_1000),
            ])
        let x86 =
            "Format: <instr address>,<(r)ead/(w)rite>,<data size>,<data address>\n0x401000,r,8,0x7f10\n0x401004,w,4,0x7f18\n"
        #expect(
            try accesses(of: x86).filter { $0.kind != .marker } == [
                TraceWord(.read, at: 0x7f10), TraceWord(.write, at: 0x7f18),
            ])
        let sites = try replay(Array(x86.utf8), nil) { $0.mapping = .fixed }.tlbs[0].callSites
        // The store sets the dirty bit of the page that was read before, which takes a walk.
        #expect(sites?.map(\.address) == [0x40_1000, 0x40_1004])
        let wrong = simple + "0x7f10: eight, r\n"
        #expect(
            mistake { _ = try accesses(of: wrong) }?.hasPrefix("line 5: '0x7f10: eight, r': '0xADDRESS: SIZE, r'")
                == true)
    }

    @Test(
        "perf script's samples are read whatever fields stand beside the address",
        arguments: [
            "19725 page-faults:     7fd829e6de06     7fd829e557ad",
            "    sort 19725/19726 48419.952512: page-faults:     7fd829e6de06 _rtld_global (/usr/lib/ld.so)     7fd829e557ad _dl_start (/usr/lib/ld.so)",
            "my prog 2 19725 [003] 48419.952512:          1 page-faults:     7fd829e6de06 [unknown] (/bin/x) 7fd829e557ad main",
            "  19725 page-faults:u: 7fd829e6de06 7fd829e557ad",
        ])
    func readsPerf(line: String) throws {
        #expect(
            try accesses(of: line + "\n", .perf) == [
                TraceWord(.process, 19725), TraceWord(.instructionPointer, 0x7fd8_29e5_57ad),
                TraceWord(.read, at: 0x7fd8_29e6_de06),
            ])
    }

    @Test("events of stores and of fetches are stores and fetches, samples without an address are counted")
    func tellsKindsOfEvents() throws {
        let text = """
            # a comment
            1 cpu/mem-stores/P: 1000 2000
            1 cpu/mem-loads,ldlat=30/P: 1008 2000
            1 mem-ldst: 1010 |OP STORE|LVL L1 hit|SNP N/A 2000
            1 iTLB-load-misses: 3000 3000
            1 cpu/mem-loads/P: 0 2000
            """
        let stream = try TraceStream(BytesSource(Array(text.utf8)), format: .perf, name: "")
        #expect(try stream.next())
        let kinds = stream.accesses.prefix(stream.count).map(\.kind).filter { $0 != .marker }
        #expect(kinds == [.write, .read, .write, .execute])
        #expect(try !stream.next())
        #expect(stream.counts.leftOut == ["comments": 1, "samples without an address": 1])
        #expect(
            mistake { _ = try accesses(of: "1 cycles: main\n", .perf) }?.hasPrefix(
                "line 1: '1 cycles: main': 'PID EVENT:") == true)
    }

    @Test("a line 'process N' in a lackey text says whose accesses follow")
    func switchesProcesses() throws {
        let report = try replay("process 7\n L 10000,8\nprocess 9\n L 10000,8\nprocess 7\n L 10000,8\n")
        #expect(report.processes.map(\.number) == [7, 9])
        // Each has its own page; coming back, the first finds its translation by its PCID.
        #expect(report.processes.map { $0.kernel?.minorFaults } == [1, 1])
        #expect(report.tlbs[0].statistics.l1Hits.read == 1)
    }
}
