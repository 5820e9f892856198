import FaultlineInspect

/// A forecast of fork as a page: what is shared, copied, found again by faults and left out, and what it costs in the worst case.
public struct ForkPage {
    private let forecast: ForkForecast
    private let title: String

    /// VMAs that are shown one by one; the table sums up the others.
    private static let mostRows = 500

    /// A page of a forecast.
    public init(_ forecast: ForkForecast, title: String) {
        self.forecast = forecast
        self.title = title
    }

    /// The whole page. It needs no script.
    public var html: String {
        let style = String(decoding: PackageResources.report_css, as: UTF8.self)
        let name = ReportPage.escaped(title)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <title>\(name) - Faultline</title>
            <link rel="icon" href="data:,">
            <style>
            \(style)
            \(Self.style)
            </style>
            </head>
            <body class="fork">
            <header><div><h1>\(name)</h1>
            <p>What fork(2) would do with this process, and what it costs when both sides go on writing.</p></div></header>
            <main>
            \(overview)
            \(worstCase)
            \(areas)
            \(notes)
            </main>
            </body>
            </html>

            """
    }

    private static let style = """
        .fork main { display: block; max-width: 75rem; }
        .bar { display: flex; height: 1.5rem; border: 1px solid var(--line); margin: .2rem 0; background: var(--panel); }
        .bar span { display: block; }
        .key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; margin: .2rem 0 .8rem; }
        .key i { display: inline-block; width: .9rem; height: .9rem; margin-right: .35rem; vertical-align: -.1rem; }
        .worst { display: grid; grid-template-columns: max-content minmax(0, 1fr) max-content; gap: .2rem .8rem; align-items: center; }
        .wide { overflow-x: auto; } td svg { display: inline-block; vertical-align: middle; }
        """

    /// The actions with the style that a page has of them.
    private static let actions: [(action: ForkForecast.Action, style: String, meaning: String)] = [
        (.copied, "cow", "shared until someone writes: entries are copied"),
        (.refilled, "shm", "not copied: faults find the pages again"),
        (.wiped, "zero", "empty in the child: MADV_WIPEONFORK"),
        (.leftOut, "guard", "not in the child: MADV_DONTFORK"),
    ]

    private func number(_ value: Int) -> String {
        var digits = String(abs(value))[...]
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// The resident memory by what fork does with it.
    private var overview: String {
        let sizes = Self.actions.map { kind in
            forecast.areas.reduce(0) { $0 + ($1.action == kind.action ? $1.residentKiB : 0) }
        }
        let parts = zip(Self.actions, sizes).filter { $0.1 > 0 }.map { kind, size in
            "<span class=\"\(kind.style)\" style=\"flex:\(size)\" title=\"\(kind.action.rawValue): \(number(size)) KiB\"></span>"
        }
        let keys = zip(Self.actions, sizes).map { kind, size in
            "<li><i class=\"\(kind.style)\"></i>\(kind.meaning): <b data-action=\"\(kind.action.rawValue)\">\(number(size))</b> KiB</li>"
        }
        let child = forecast.child
        let pss = forecast.parentBefore.proportionalKiB.flatMap { before in
            forecast.parentAfter.proportionalKiB.map { "; its Pss goes from \(number(before)) to \(number($0)) KiB" }
        }
        return """
            <section aria-labelledby="all"><h2 id="all">The memory that is resident, by what fork does with it</h2>
            <div class="bar" role="img" aria-label="Resident memory by what fork does with it; the numbers stand below">\(parts.joined())</div>
            <ul class="key">\(keys.joined(separator: "\n"))</ul>
            <ul>
            <li>The child gets \(number(child.pageTablesKiB)) KiB of page tables and \(number(forecast.sum(\.copiedEntries))) entries; \
            \(number(forecast.sum(\.writeProtectedEntries))) entries of the parent are write-protected.</li>
            <li>The parent has \(number(forecast.parentBefore.residentKiB)) KiB (Rss)\(pss ?? ""); the child begins with \
            \(number(child.residentKiB)) KiB.</li>
            <li>\(commitment)</li>
            </ul></section>
            """
    }

    private var commitment: String {
        let commitment = forecast.commitment
        let verdict =
            commitment.isAllowed.map { $0 ? "it is allowed" : "fork fails with ENOMEM" }
            ?? "nobody knows whether it is allowed"
        return "Committed_AS grows by \(number(commitment.chargedKiB)) KiB: \(verdict) "
            + "(\(ReportPage.escaped(commitment.reason)))."
    }

    /// How much memory writes take.
    private var worstCase: String {
        let rows = [
            ("the child", forecast.sum(\.growthOfChildKiB), "child"),
            ("the parent", forecast.sum(\.growthOfParentKiB), "parent"),
            ("both", forecast.sum(\.growthOfBothKiB), "both"),
        ]
        let most = max(rows.map(\.1).max() ?? 0, forecast.parentBefore.residentKiB, 1)
        let lines = rows.map { who, size, key in
            """
            <div>\(who)</div><div class="bar" aria-hidden="true"><span class="anon" style="flex:\(size)"></span>\
            <span style="flex:\(most - size)"></span></div><div><b data-growth="\(key)">\(number(size))</b> KiB</div>
            """
        }
        return """
            <section aria-labelledby="worst"><h2 id="worst">The worst case: memory that is copied when all private pages are written to by</h2>
            <div class="worst">\(lines.joined(separator: "\n"))</div>
            <p class="hint">A full bar is \(number(most)) KiB. The child takes \(number(forecast.sum(\.childWriteFaults))) faults for it.</p></section>
            """
    }

    /// Each VMA with what becomes of it.
    private var areas: String {
        let most = forecast.areas.map(\.residentKiB).max() ?? 0
        // The largest are shown, in the order of addresses.
        let kept = Set(
            forecast.areas.indices.sorted { forecast.areas[$0].residentKiB > forecast.areas[$1].residentKiB }
                .prefix(Self.mostRows))
        let rows = forecast.areas.indices.filter { kept.contains($0) }.map { row(forecast.areas[$0], most) }
        let rest = forecast.areas.count - rows.count
        let more =
            rest > 0
            ? "<p class=\"hint\">and \(number(rest)) more VMAs with less memory; faultline fork --json has all.</p>"
            : ""
        return """
            <section aria-labelledby="areas"><h2 id="areas">VMA by VMA</h2>
            <div class="wide" role="group" aria-label="VMAs" tabindex="0"><table><caption>KiB, and entries</caption>
            <thead><tr><th scope="col">addresses</th><th scope="col">rights</th><th scope="col">name</th><th scope="col">resident</th>
            <th scope="col">drawn</th><th scope="col">fork</th><th scope="col">entries copied</th><th scope="col">write-protected</th>
            <th scope="col">worst case, both write</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></div>\(more)</section>
            """
    }

    private func row(_ area: ForkForecast.Area, _ most: Int) -> String {
        let style = Self.actions.first { $0.action == area.action }?.style ?? "zero"
        let width = most == 0 ? 0 : max(area.residentKiB * 120 / most, area.residentKiB > 0 ? 1 : 0)
        return """
            <tr><th scope="row">\(area.start)-\(area.end)</th><td class="text">\(area.permissions)</td>\
            <td class="text">\(ReportPage.escaped(area.name))</td><td>\(number(area.residentKiB))</td>\
            <td class="text"><svg role="img" aria-label="\(number(area.residentKiB)) KiB" width="122" height="12">\
            <rect class="\(style)" width="\(width)" height="12"/></svg></td><td class="text">\(area.action.rawValue)</td>\
            <td>\(number(area.copiedEntries))</td><td>\(number(area.writeProtectedEntries))</td><td>\(number(area.growthOfBothKiB))</td></tr>
            """
    }

    /// What is not known, and what was assumed.
    private var notes: String {
        let unknown = forecast.areas.flatMap { area in
            area.unknown.map { "not known: \(area.start) \(area.name): \($0)" }
        }
        let hidden = max(unknown.count - Self.mostRows, 0)
        let lines = unknown.prefix(Self.mostRows) + (hidden > 0 ? ["and \(number(hidden)) more"] : []) + forecast.notes
        if lines.isEmpty { return "" }
        let items = lines.map { "<li>\(ReportPage.escaped($0))</li>" }
        return
            "<section aria-labelledby=\"notes\"><h2 id=\"notes\">What to keep in mind</h2><ul>\(items.joined(separator: "\n"))</ul></section>"
    }
}
