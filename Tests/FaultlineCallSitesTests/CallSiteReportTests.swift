import CCallChainCode
import CShim
import Foundation
import Testing

@testable import FaultlineCallSites

/// What is printed of call sites; names of these functions come from libdw.
@Suite(.enabled(if: Symbolizer.hasDebugInformation, "needs libdw"))
struct CallSiteReportTests {
    private typealias Code = @convention(c) (UnsafeMutablePointer<CChar>) -> Int32
    private let leaf = UInt64(UInt(bitPattern: unsafeBitCast(ccc_leaf as Code, to: UnsafeRawPointer.self)))
    private let tail = UInt64(UInt(bitPattern: unsafeBitCast(ccc_tail as Code, to: UnsafeRawPointer.self)))

    private func report() throws -> CallSiteReport {
        let sites = try CallSites()
        let known = CallSite.Frame(address: leaf + 1)
        for _ in 0..<3 { sites.add(.minor, at: 0x1000, frames: [known, .init(address: tail + 1)]) }
        sites.add(.zeroPage, at: 0x3000, frames: [known, .init(address: tail + 1, isGuessed: true)])
        sites.add(.signal, at: 0x5000, frames: [.init(address: 16)])
        return CallSiteReport(sites, try Symbolizer())
    }

    @Test("the table has a row for each site, the most faults first, and its callers")
    func table() throws {
        let lines = try report().text().split(separator: "\n").map(String.init)
        #expect(lines[0] == "faults by call site")
        #expect(
            lines[2].hasPrefix("         3         3         -") && lines[2].contains("  ccc_leaf+0x1 in "), "\(lines)")
        #expect(lines[3].contains("ccc_tail+0x1 in "))
        #expect(
            lines.contains { $0.contains("? ccc_tail+0x1") }
                && lines.contains { $0.hasSuffix("(may be incomplete)") })
        #expect(lines.last == "         5         3         -         -         1         -         1  all")
        let short = try report().text(sites: 1, callers: 1)
        #expect(short.hasSuffix("not shown: 2 more call sites with 2 faults\n") && short.contains("... 1 more\n"))
    }

    @Test("a recursion is one row, however deep it was")
    func recursion() throws {
        let sites = try CallSites()
        for depth in 1...9 {
            let inner = (0..<depth).map { CallSite.Frame(address: leaf + UInt64($0 % 3)) }
            sites.add(.minor, at: 0, frames: inner + [.init(address: tail + 1)])
        }
        let lines = CallSiteReport(sites, try Symbolizer()).text().split(separator: "\n")
        #expect(lines[2].hasPrefix("         8         8 ") && lines[2].contains("ccc_leaf+0x0 in "))
        #expect(lines[3].contains("    ccc_leaf in ") && lines[3].hasSuffix("(recursive)"), "\(lines)")
        #expect(lines[4].contains("ccc_tail+0x1 in ") && lines[5].hasPrefix("         1         1 "))
        #expect(lines.count == 8, "\(lines)")
    }

    @Test("collapsed stacks have the outermost function first, and add up")
    func collapsed() throws {
        #expect(try report().collapsed() == "0x10 1\nccc_tail;ccc_leaf 4\n")
        #expect(try report().collapsed(.minor) == "ccc_tail;ccc_leaf 3\n")
        let split = "0x10;[signal] 1\nccc_tail;ccc_leaf;[minor] 3\nccc_tail;ccc_leaf;[zero_page] 1\n"
        #expect(try report().collapsed(splitsKinds: true) == split)
        #expect(CallSiteReport.stackName("operator;\t<(int) const\n") == "operator:_<(int)_const_")
    }

    @Test("JSON has the counts, addresses and names")
    func json() throws {
        let text = try report().json
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let sites = try #require(object["sites"] as? [[String: Any]])
        #expect(object["total"] as? [String: Int] == ["minor": 3, "zero_page": 1, "signal": 1])
        #expect(sites.count == 3 && sites[0]["counts"] as? [String: Int] == ["minor": 3])
        let frames = try #require(sites[0]["frames"] as? [[String: Any]])
        #expect(frames[0]["function"] as? String == "ccc_leaf" && frames[0]["function_offset"] as? String == "0x1")
        #expect(sites[1]["may_be_incomplete"] as? Bool == true)
        #expect(CallSiteReport.quoted("a\"\\\n\u{1}é") == "\"a\\\"\\\\\\u000a\\u0001é\"")
    }

    @Test("source lines are given where the build has libdw")
    func lines() throws {
        let found = try Symbolizer().symbol(at: leaf)
        #expect(found.function == "ccc_leaf")
        #expect(found.file?.hasSuffix("Tests/CCallChainCode/code.c") == true && found.line > 0, "\(found)")
    }

    @Test("addresses of another process are named by its mappings")
    func otherProcess() throws {
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let found = try Symbolizer(maps: maps).symbol(at: leaf)
        #expect(found.object?.isEmpty == false)
        if Symbolizer.hasDebugInformation { #expect(found.function == "ccc_leaf") }
        #expect(throws: CallSiteError.noMappings) { try Symbolizer(maps: "nothing") }
    }
}
