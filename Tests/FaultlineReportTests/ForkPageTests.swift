import FaultlineInspect
import Foundation
import SampleTexts
import Testing

@testable import FaultlineReport

@Suite struct ForkPageTests {
    /// A forecast of a process with private, shared and left-out memory.
    private static func forecast(areas: Int = 0) throws -> ForkForecast {
        var text = SampleSmaps.text
        for index in 0..<areas {
            let start = 0x7f10_0000_0000 + index << 13
            text += """
                \(String(start, radix: 16))-\(String(start + 4096, radix: 16)) rw-p 00000000 00:00 0
                Rss: 4 kB
                Anonymous: 4 kB
                VmFlags: rd wr mr mw me ac

                """
        }
        return try ForkForecast(try ProcessDescription(text.utf8))
    }

    @Test("the page has the forecast's numbers")
    func numbers() throws {
        let forecast = try Self.forecast()
        let html = ForkPage(forecast, title: "fork of x").html
        var growth: [String: Int] = [:]
        for match in html.matches(of: #/data-growth="([a-z]+)">([0-9,]+)</#) {
            growth[String(match.1)] = Int(match.2.filter { $0 != "," })
        }
        #expect(
            growth == [
                "child": forecast.sum(\.growthOfChildKiB), "parent": forecast.sum(\.growthOfParentKiB),
                "both": forecast.sum(\.growthOfBothKiB),
            ])
        var actions: [String: Int] = [:]
        for match in html.matches(of: #/data-action="([a-z ]+)">([0-9,]+)</#) {
            actions[String(match.1)] = Int(match.2.filter { $0 != "," })
        }
        #expect(actions == ["copied": 8, "refilled": 12, "wiped": 0, "left out": 16])
        #expect(html.contains("/memfd:&lt;box&gt; &amp; &quot;co&quot;") && !html.contains("<box>"))
    }

    @Test("of very many VMAs the largest are shown, and the number of the others")
    func manyAreas() throws {
        let html = ForkPage(try Self.forecast(areas: 2000), title: "many").html
        #expect(html.matches(of: #/<tr><th scope="row">/#).count == 500)
        #expect(html.contains("and 1,503 more VMAs"))
        #expect(html.utf8.count < 500_000)
    }

    @Test(
        "in Chromium both themes can be read and everything has a name",
        .enabled(if: Browser.program != nil, "there is no Chromium: apt-get install chromium, and this test runs"),
        arguments: [1400, 420])
    func checks(width: Int) throws {
        struct Found: Decodable {
            let themes: [ReportInBrowserTests.Theme]
            let names, problems: [String]
            let overflow: Int
        }
        let html = ForkPage(try Self.forecast(), title: "fork of x").html
        let found = try JSONDecoder().decode(
            Found.self, from: Data(try Browser.findings(html, PageChecks.looker, width: width).utf8))
        #expect(found.problems == [] && found.names == [])
        #expect(found.themes.flatMap(\.bad) == [])
        #expect(found.overflow <= 0)
    }
}
