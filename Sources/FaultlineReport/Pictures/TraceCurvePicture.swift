import FaultlineTrace

/// Miss ratios of a trace by the size of a TLB: both axes are logarithmic, the sizes of real TLBs stand as marks.
public enum TraceCurvePicture {
    private static let (left, top, step, height): (Double, Double, Double, Double) = (70, 50, 44, 240)

    /// The picture of all curves of a report.
    public static func svg(_ report: TraceReport) -> String {
        var picture = SVGPicture()
        let curves = report.curves
        let sizes = curves.first?.points.map(\.entries) ?? []
        let scale = Scale(curves.flatMap(\.points).map(\.missRatio))
        picture.text(
            0, 12, "miss ratio of \(report.accesses.all) accesses by the entries of a TLB for pages of 4K", "head")
        drawAxes(&picture, sizes, scale)
        for (index, curve) in curves.enumerated() {
            let style = "s\(index % 8)"
            let points = curve.points.enumerated().map { ($0.offset, $0.element) }
            picture.path(
                "M" + points.map { "\(x($0.0)) \(scale.text($0.1.missRatio))" }.joined(separator: "L"), style)
            for (place, point) in points where point.standardError > 0 {
                let (low, high) = (point.missRatio - point.standardError, point.missRatio + point.standardError)
                picture.path("M\(x(place)) \(scale.text(low))L\(x(place)) \(scale.text(high))", style)
            }
            let y = top + height + 46 + 16 * Double(index)
            picture.path("M\(SVGPicture.number(left)) \(SVGPicture.number(y - 4))h24", style)
            picture.text(left + 30, y, name(curve))
        }
        return picture.svg(
            name: "Miss ratios of a trace",
            description: curves.map { curve in
                name(curve) + ": "
                    + curve.points.map { "\($0.entries) entries \($0.missRatio)" }.joined(separator: ", ")
            }.joined(separator: ". "))
    }

    private static func name(_ curve: TraceReport.Curve) -> String {
        curve.ways.map { "tree PLRU, \($0) ways; bars: standard error where sets were sampled" }
            ?? "LRU, fully associative"
    }

    private static func x(_ place: Int) -> String { SVGPicture.number(left + step * Double(place)) }

    private static func drawAxes(_ picture: inout SVGPicture, _ sizes: [Int], _ scale: Scale) {
        let width = step * Double(max(sizes.count - 1, 1))
        picture.rectangle(left, top, width, height, "box")
        for (place, size) in sizes.enumerated() {
            let at = left + step * Double(place)
            picture.text(at, top + height + 18, size < 1024 ? "\(size)" : "\(size >> 10)K", anchor: "middle")
        }
        for decade in 0...scale.decades {
            let y = scale.y(ofDecade: decade)
            picture.path("M\(SVGPicture.number(left)) \(SVGPicture.number(y))h\(SVGPicture.number(width))", "no")
            picture.text(left - 8, y + 4, Scale.label(decade), anchor: "end")
        }
    }

    /// The vertical axis: 100 % at the top, and so many powers of ten below it.
    private struct Scale {
        let decades: Int

        init(_ ratios: [Double]) {
            let least = ratios.filter { $0 > 0 }.min() ?? 1
            var (decades, bound) = (1, 0.1)
            while bound > least, decades < 7 {
                decades += 1
                bound /= 10
            }
            self.decades = decades
        }

        func y(ofDecade decade: Int) -> Double { top + height * Double(decade) / Double(decades) }

        /// Between two powers of ten the way goes by tenths of a decade, without a logarithm of the C library.
        func text(_ ratio: Double) -> String {
            var (decade, rest) = (0.0, max(ratio, 0))
            while rest < 0.1, decade < Double(decades) { (decade, rest) = (decade + 1, rest * 10) }
            let part = min(max(decade + Self.fraction(rest), 0), Double(decades))
            return SVGPicture.number(top + height * part / Double(decades))
        }

        /// How far a ratio from 0.1 to 1 lies below 1, in decades: by halving the interval of exponents.
        private static func fraction(_ ratio: Double) -> Double {
            if ratio >= 1 { return 0 }
            if ratio <= 0.1 { return ratio > 0 ? 1 : 0 }
            var (value, result, part) = (1 / ratio, 0.0, 0.5)
            // log10 by squaring: the bits of the exponent, the highest first.
            for _ in 0..<12 {
                value *= value
                if value >= 10 {
                    value /= 10
                    result += part
                }
                part /= 2
            }
            return result
        }

        static func label(_ decade: Int) -> String {
            decade <= 2 ? ["100%", "10%", "1%"][decade] : "0." + String(repeating: "0", count: decade - 3) + "1%"
        }
    }
}
