import Faultline
import FaultlineScenario
import Foundation
import Testing

@testable import FaultlineReport

@Suite struct ReportPageTests {
    @Test("a page loads nothing, and no text of a program can become markup")
    func standsAlone() throws {
        let source = "# </script><script>alert(1)</script> <!-- & {{data}}\nload(W)\n"
        let run = try ReportRun(source, title: "a<b>&\"c\".fl")
        let page = String(decoding: try ReportPage(run.document).html(), as: UTF8.self)
        #expect(page.contains("<title>a&lt;b&gt;&amp;&quot;c&quot;.fl - Faultline</title>"))
        #expect(page.components(separatedBy: "</script>").count == 3)
        #expect(!page.contains("<!-- &"))
        for outside in ["http://", "https://", "src=", "@import", "url("] { #expect(!page.contains(outside)) }
    }

    @Test("the same program gives the same page")
    func isDeterministic() throws {
        let pages = try (0..<2).map { _ in try ReportPage(try ReportRun(ReportRun.copyOnWrite).document).html() }
        #expect(pages[0] == pages[1])
    }
}

/// The page in a real browser.
@Suite(
    "In Chromium",
    .enabled(if: Browser.program != nil, "there is no Chromium: apt-get install chromium, and these tests run"),
    .serialized)
struct ReportInBrowserTests {
    struct Place: Decodable {
        let figures: [String: [String: Int]]
        let cells: [String: [String: Int]]
        let freeKiB: Int
        let status: String
        let hash: String
        let current: Int
    }

    struct Keyboard: Decodable {
        let end, start, back, detail, first, second, chosen: String
        let pressed, chain: Int
    }

    struct Theme: Decodable {
        let bad: [String]
        let count: Int
        let paper: String
    }

    struct Found: Decodable {
        let opened: Place
        let stops: [Place]
        let keyboard: Keyboard
        let themes: [Theme]
        let names, problems, requests: [String]
        let overflow: Int
    }

    /// Opens the page of a report and lets it check itself.
    private func open(_ document: ReportDocument, fragment: String = "", width: Int = 1400) throws -> Found {
        let page = String(decoding: try ReportPage(document).html(), as: UTF8.self)
        let text = try Browser.findings(page, PageChecks.walker, fragment: fragment, width: width)
        return try JSONDecoder().decode(Found.self, from: Data(text.utf8))
    }

    @Test("the numbers and the cells of the page are the machine's", arguments: ["fork-cow.fl", "what-fork-copies.fl"])
    func numbers(_ name: String) throws {
        let source = try ReportRun.example(name)
        let found = try open(try ReportRun(source).document)
        let executor = try SimulatorExecutor()
        let session = try ScenarioSession(try Parser.parse(source), on: executor)
        #expect(found.stops.count == session.program.statements.count + 1)
        for (place, stop) in found.stops.enumerated() {
            try session.go(to: place)
            let observed = try executor.observe()
            #expect(Set(stop.figures.keys) == Set(observed.map(\.name)))
            for (process, totals) in zip(observed, try executor.totals()) {
                let figures = try #require(stop.figures[process.name])
                #expect(figures["rss"] == totals.rss && figures["pss"] == totals.pss)
                #expect(figures["pageTables"] == totals.pageTables && figures["vmaCount"] == totals.vmaCount)
                var kinds: [String: Int] = [:]
                for page in process.vmas.flatMap(\.pages) { kinds[PageKind(page).name, default: 0] += 1 }
                let pages = process.vmas.reduce(0) { $0 + Int(($1.end - $1.start) >> 12) }
                if pages > kinds.values.reduce(0, +) { kinds["absent"] = pages - kinds.values.reduce(0, +) }
                #expect((stop.cells[process.name] ?? [:]) == kinds)
            }
            #expect(stop.freeKiB == Int(executor.machine.memoryInfo().free) * 4)
            #expect(stop.current == 1)
        }
    }

    @Test(
        "nothing fails, nothing is loaded, everything has a name, and both themes can be read", arguments: [1400, 420])
    func checks(width: Int) throws {
        let found = try open(try ReportRun(ReportRun.copyOnWrite).document, width: width)
        #expect(found.problems == [] && found.requests == [])
        #expect(found.names == [])
        #expect(found.themes.flatMap(\.bad) == [])
        #expect(found.themes.allSatisfy { $0.count > 100 })
        #expect(found.themes.map(\.paper) == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"])
        #expect(found.overflow <= 0, "the page is wider than the window")
    }

    @Test("the keys step through statements and cells, and a cell's chain can be chosen")
    func keys() throws {
        let keys = try open(try ReportRun(ReportRun.copyOnWrite).document).keyboard
        #expect(keys.start == "Before the first statement")
        #expect(keys.back.hasPrefix("After line 2 (1 of 7): p = mmap("))
        #expect(keys.end.hasPrefix("After line 8 (7 of 7): c: exit(0)"))
        #expect(keys.detail.contains("changed: "))
        #expect(keys.first == "17592186044416" && keys.second == "17592186048512")
        #expect(keys.chosen == "#line=5&page=init:100000001000")
        #expect(keys.pressed == 1 && keys.chain == 1)
    }

    @Test("the part behind # names the place")
    func permalink() throws {
        let document = try ReportRun(ReportRun.copyOnWrite).document
        #expect(try open(document, fragment: "#line=4").opened.status.hasPrefix("After line 4"))
        #expect(try open(document, fragment: "#start").opened.status == "Before the first statement")
        let chosen = try open(document, fragment: "#line=5&page=c:100000000000").opened
        #expect(chosen.status.hasPrefix("After line 5"))
        #expect(chosen.hash == "#line=5&page=c:100000000000")
    }
}
