import Faultline

/// Figures over the statements: lines for amounts of memory, bars for what each statement took.
struct TimelinePicture {
    private struct Series {
        let name: String
        /// One for each kept state or statement; nil where there is none.
        let values: [Double?]
    }

    private let document: ReportDocument
    private var picture = SVGPicture()

    private static let chart = (width: 360.0, height: 80.0, column: 400.0, row: 150.0)
    /// More processes than this cannot be told apart.
    private static let mostSeries = 8

    init(_ document: ReportDocument) { self.document = document }

    /// The picture as a file.
    var svg: String {
        var drawing = self
        drawing.picture.text(0, 10, "\(document.title): after each of \(document.statementCount) statements")
        let charts: [(String, [Series], isBars: Bool)] = [
            ("Rss (KiB)", perProcess(\.rss), false), ("Pss (KiB)", perProcess(\.pss), false),
            ("page tables (KiB)", perProcess(\.pageTables), false), ("faults of each statement", faults, true),
            ("translations of each statement", translations, true),
            (
                "free memory (KiB)",
                [Series(name: "MemFree", values: document.changes.map { Double($0.machine.freeKiB) })], false
            ),
        ]
        for (index, chart) in charts.enumerated() {
            let place = (Double(index % 2) * Self.chart.column, 24 + Double(index / 2) * Self.chart.row)
            drawing.draw(chart.0, chart.1, isBars: chart.isBars, at: place)
        }
        let last = charts[0].1.map { "\($0.name) \(Int(($0.values.last ?? 0) ?? 0))" }.joined(separator: ", ")
        return drawing.picture.svg(
            name: "\(document.title): time lines", description: "Rss at the end, in KiB: \(last)")
    }

    private func perProcess(_ figure: KeyPath<ProcessTotals, Int>) -> [Series] {
        var names: [String] = []
        for name in document.changes.flatMap({ $0.alive ?? [] }) where !names.contains(name) { names.append(name) }
        return names.prefix(Self.mostSeries).map { name in
            var alive: [String] = []
            var last: Double?
            return Series(
                name: name,
                values: document.changes.map { change in
                    alive = change.alive ?? alive
                    if let totals = change.totals.first(where: { $0.name == name })?.process.totals {
                        last = Double(totals[keyPath: figure])
                    }
                    return alive.contains(name) ? last : nil
                })
        }
    }

    private var faults: [Series] {
        FaultKind.allCases.compactMap { kind in
            let values = document.statements.map { Double($0.faults[kind.rawValue] ?? 0) }
            return values.contains { $0 > 0 } ? Series(name: kind.rawValue, values: values) : nil
        }
    }

    private var translations: [Series] {
        [("TLB, first level", \ReportMachine.tlbFirst), ("second level", \.tlbSecond), ("walks", \.walks)].map {
            name, figure in
            let all = document.changes.map { Double($0.machine[keyPath: figure]) }
            return Series(name: name, values: zip(all.dropFirst(), all).map { $0.0 - $0.1 })
        }
    }

    private mutating func draw(_ title: String, _ series: [Series], isBars: Bool, at place: (x: Double, y: Double)) {
        let count = series.first?.values.count ?? 0
        let sums = (0..<count).map { index in series.reduce(0) { $0 + ($1.values[index] ?? 0) } }
        let values = isBars ? sums : series.flatMap { $0.values.compactMap { $0 } }
        let top = max(values.max() ?? 0, 1)
        // Free memory hardly changes: its scale does not begin at 0.
        let bottom = title.hasPrefix("free") ? values.min() ?? 0 : 0
        picture.text(place.x, place.y + 10, title, "head")
        picture.text(place.x + Self.chart.width, place.y + 10, "\(Int(bottom)) to \(Int(top))", anchor: "end")
        let base = place.y + 20 + Self.chart.height
        let corner = "M\(SVGPicture.number(place.x)) \(SVGPicture.number(base))h\(SVGPicture.number(Self.chart.width))"
        picture.path(corner, "edge")
        let step = Self.chart.width / Double(max(count, 1))
        func y(_ value: Double) -> Double {
            base - Self.chart.height * (top == bottom ? 0.5 : (value - bottom) / (top - bottom))
        }
        var stacked = [Double](repeating: 0, count: count)
        for (number, line) in series.enumerated() {
            if isBars {
                for (index, value) in line.values.enumerated() {
                    guard let value, value > 0 else { continue }
                    let height = y(stacked[index]) - y(stacked[index] + value)
                    stacked[index] += value
                    picture.rectangle(
                        place.x + step * (Double(index) + 0.1), y(stacked[index]), step * 0.8, height, "f\(number % 8)")
                }
            } else {
                picture.path(
                    path(line.values, from: place.x, step: step, y: y), "s\(number % 8)",
                    dashes: ["", "6 3", "2 2", "8 2 2 2"][number % 4])
            }
        }
        drawLegend(series, isBars: isBars, at: (place.x, base + 14))
    }

    private func path(_ values: [Double?], from x: Double, step: Double, y: (Double) -> Double) -> String {
        var result = ""
        var isOpen = false
        for (index, value) in values.enumerated() {
            guard let value else {
                isOpen = false
                continue
            }
            let (from, to) = (
                SVGPicture.number(x + step * Double(index)), SVGPicture.number(x + step * Double(index + 1))
            )
            result += "\(isOpen ? "L" : "M")\(from) \(SVGPicture.number(y(value)))H\(to)"
            isOpen = true
        }
        return result
    }

    private mutating func drawLegend(_ series: [Series], isBars: Bool, at place: (x: Double, y: Double)) {
        var (x, y) = place
        for (number, line) in series.enumerated() {
            let width = Double(line.name.count) * SVGPicture.characterWidth + 36
            if x + width > place.x + Self.chart.column, x > place.x { (x, y) = (place.x, y + 14) }
            if isBars {
                picture.rectangle(x, y - 8, 9, 9, "f\(number % 8)")
            } else {
                picture.path(
                    "M\(SVGPicture.number(x)) \(SVGPicture.number(y - 4))h16", "s\(number % 8)",
                    dashes: ["", "6 3", "2 2", "8 2 2 2"][number % 4])
            }
            picture.text(x + 22, y, line.name)
            x += width
        }
    }
}
