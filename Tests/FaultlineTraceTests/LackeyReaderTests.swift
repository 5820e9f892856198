import Faultline
import Testing

@testable import FaultlineTrace

struct LackeyReaderTests {
    @Test("loads, stores, fetches and modifications of a lackey text are read, valgrind's own lines passed over")
    func readsKinds() throws {
        let text = """
            ==1== Lackey, an example Valgrind tool
            --1-- a note
            I  0401ab70,3
             L 1fff000738,8
             S 1fff000730,4
             M 04025c9c,2

            I  401ab73,15
            """
        #expect(
            try accesses(of: text) == [
                TraceWord(.execute, at: 0x401_ab70), TraceWord(.read, at: 0x1f_ff00_0738),
                TraceWord(.write, at: 0x1f_ff00_0730), TraceWord(.read, at: 0x402_5c9c),
                TraceWord(.write, at: 0x402_5c9c), TraceWord(.execute, at: 0x401_ab73),
            ])
    }

    @Test("an access that crosses into other pages is one access a page")
    func cutsAtPages() throws {
        let stream = try TraceStream(
            BytesSource(Array(" L 10fff,2\n S 20ffc,8200\n L 30ff8,8\n".utf8)), format: nil, name: "")
        #expect(try stream.next())
        #expect(
            Array(stream.accesses.prefix(stream.count)) == [
                TraceWord(.read, at: 0x10fff), TraceWord(.read, at: 0x11000),
                TraceWord(.write, at: 0x20ffc), TraceWord(.write, at: 0x21000),
                TraceWord(.write, at: 0x22000), TraceWord(.write, at: 0x23000),
                TraceWord(.read, at: 0x30ff8),
            ])
        #expect(stream.counts.crossings == 2)
        #expect(try !stream.next())
    }

    @Test(
        "a line that is no access is an error with its number",
        arguments: [
            " L 12g4,8", " L ,8", " L 1234", " L 1234,", " L 1234,x", " L 1234,0", " L 1234,65537", " L 1234,8 ",
            " X 1234,8",
            "I 1234,8", " L 11112222333344445,8", " L -1234,8", "process x", " L 12\u{e9}34,8",
        ])
    func namesTheLine(line: String) {
        for end in ["\n", "", "\n L 1000,1\n"] {
            let found = mistake { _ = try accesses(of: "==1== x\n L 1000,8\n\(line)\(end)", .lackey) }
            #expect(found?.hasPrefix("line 3: '") == true, "\(line): \(found ?? "no error")")
        }
    }

    @Test("addresses of every length are read as the standard library reads them")
    func readsHex() throws {
        var random = SplitMix64(seed: 0x7ace_0001)
        var text = ""
        var expected: [TraceWord] = []
        for _ in 0..<20000 {
            // Within one page, and canonical.
            let address = (random.next() >> (17 + random.next() % 46)) & ~15
            let digits = String(address, radix: 16, uppercase: random.next() & 1 == 0)
            let zeros = String(repeating: "0", count: Int(random.next() & 3))
            let padded = digits.count + zeros.count <= 16 ? zeros + digits : digits
            let size = random.next() % 16 + 1
            text += " L \(padded),\(size)\n"
            expected.append(TraceWord(.read, at: address))
        }
        let found = try accesses(of: text)
        #expect(found.count == expected.count)
        let first = zip(found, expected).firstIndexWhere { $0 != $1 }
        #expect(first == nil, "seed 0x7ace0001, line \((first ?? 0) + 1)")
    }

    @Test("a trace that is longer than the stream's memory is read whole, whatever lies at the seams")
    func readsLongTraces() throws {
        var text = ""
        for index in 0..<150_000 {
            text += index % 7 == 0 ? "I  \(String(index, radix: 16))0,1\n" : " L 4000\(index % 10)000,8\n"
        }
        let all = try accesses(of: text)
        #expect(all.count == 150_000)
        #expect(all.filter { $0.kind == .execute }.count == (150_000 + 6) / 7)
        #expect(all[149_996] == TraceWord(.execute, at: 0x24_9ec * 16))
    }

    @Test("an address that is not canonical is an error with its line, or is left out and counted")
    func refusesStrangeAddresses() throws {
        let text = " L 7fffffffe000,8\n L 1000000000000,8\n L ffff800000000000,1\n"
        #expect(
            mistake { _ = try accesses(of: text, .lackey) }?.hasPrefix(
                "line 2: address 0x1000000000000 is not canonical") == true)
        let stream = try TraceStream(BytesSource(Array(text.utf8)), format: nil, name: "")
        stream.skipsStrange = true
        #expect(try stream.next())
        #expect(stream.count == 2)
        #expect(stream.counts.notCanonical == 1)
        #expect(stream.accesses[1].address == 0xffff_8000_0000_0000)
    }

    @Test("lines of one million bytes, empty traces and texts of another kind are errors that say what to do")
    func saysWhatIsWrong() {
        #expect(mistake { _ = try accesses(of: "") } == "the trace is empty")
        #expect(
            mistake { _ = try accesses(of: "hello world\n") }?.contains("name it with --format: lackey, champsim")
                == true)
        let long = " L 1000,1\n" + String(repeating: "x", count: 1 << 21)
        #expect(
            mistake { _ = try accesses(of: long) }?.hasPrefix("line 1: the line after this one is longer than 1 MiB")
                == true)
        #expect(mistake { _ = try replay("==1== nothing\n") }?.hasPrefix("there is no access in the trace") == true)
    }
}

extension Sequence {
    fileprivate func firstIndexWhere(_ isFound: (Element) -> Bool) -> Int? {
        enumerated().first { isFound($0.element) }?.offset
    }
}
