/// A picture under way. Its colours follow the reader's theme, and it has a name and a description for those who do not see it.
struct SVGPicture {
    private var body = ""
    private(set) var width: Double = 0
    private(set) var height: Double = 0

    /// Coordinates with one decimal are enough for a picture.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil
    ) {
        grow(x + width, y + height)
        body +=
            "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
        body += "height=\"\(Self.number(height))\""
        body += title.map { "><title>\(ReportPage.escaped($0))</title></rect>\n" } ?? "/>\n"
    }

    /// `anchor` is `start`, `middle` or `end`.
    mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "soft", anchor: String = "start") {
        let length = Double(text.count) * Self.characterWidth
        grow(anchor == "start" ? x + length : x, y + 3)
        let place = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
        body += "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\"\(place)>"
        body += ReportPage.escaped(text) + "</text>\n"
    }

    /// The text that fits into a width.
    static func fitting(_ text: String, _ width: Double) -> String {
        let most = Int(width / characterWidth)
        return text.count <= most ? text : most < 2 ? "" : text.prefix(most - 1) + "…"
    }

    /// A line along points, of which each is `x y`, with commands of an SVG path between them.
    mutating func path(_ commands: String, _ style: String, dashes: String = "") {
        body +=
            "<path class=\"\(style)\" d=\"\(commands)\"\(dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\"")/>\n"
    }

    private mutating func grow(_ x: Double, _ y: Double) { (width, height) = (max(width, x), max(height, y)) }

    /// The whole file.
    func svg(name: String, description: String) -> String {
        let (w, h) = (Self.number(width + 8), Self.number(height + 6))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -2 \(w) \(h)" width="\(w)" height="\(h)" role="img" aria-labelledby="n d">
            <title id="n">\(ReportPage.escaped(name))</title>
            <desc id="d">\(ReportPage.escaped(description))</desc>
            <style>
            \(Self.style)
            </style>
            <rect class="paper" x="-4" y="-2" width="100%" height="100%"/>
            \(body)</svg>

            """
    }

    /// Of the font, in the size of the style.
    static let characterWidth = 6.75

    private static let style = """
        text { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1b1f24; }
        .soft { fill: #57606a; } .head { font-weight: bold; font-size: 12px; } .letter { text-anchor: middle; fill: #16191d; }
        .paper { fill: #ffffff; } .box { fill: #f6f8fa; stroke: #57606a; } .vma { fill: none; stroke: #57606a; stroke-width: 1.2; }
        .locked { stroke-width: 3; } .absent { fill: #f6f8fa; stroke: #c3cad2; } .edge { fill: none; stroke: #57606a; }
        .no { fill: none; stroke: #8b949e; stroke-dasharray: 3 2; } .use { fill: #0b5cad; } .lit { fill: #b3261e; }
        .readonly { stroke: #16191d; stroke-width: 2; stroke-dasharray: 2 2; } .cell { fill: none; stroke: #ffffff; }
        .zero { fill: #e4e6e8; } .anon { fill: #9fd3f5; } .cow { fill: #ffd166; } .file { fill: #b5e3c4; } .shm { fill: #d3c4ff; }
        .ksm { fill: #ffb3ab; } .huge { fill: #8fe0cf; } .swap { fill: #f5b5d0; } .guard { fill: #f0a07a; }
        .s0, .s1, .s2, .s3, .s4, .s5, .s6, .s7 { fill: none; stroke-width: 2; }
        .s0 { stroke: #0b5cad; } .s1 { stroke: #a84300; } .s2 { stroke: #116329; } .s3 { stroke: #7b2fbf; }
        .s4 { stroke: #8a1c4a; } .s5 { stroke: #5b5b00; } .s6 { stroke: #006a6a; } .s7 { stroke: #57606a; }
        .f0 { fill: #0b5cad; } .f1 { fill: #a84300; } .f2 { fill: #116329; } .f3 { fill: #7b2fbf; }
        .f4 { fill: #8a1c4a; } .f5 { fill: #5b5b00; } .f6 { fill: #006a6a; } .f7 { fill: #57606a; }
        @media (prefers-color-scheme: dark) {
        text { fill: #e8ebee; } .soft { fill: #aab3bd; } .letter { fill: #ffffff; } .paper { fill: #14171b; }
        .box { fill: #1c2126; stroke: #aab3bd; } .vma { stroke: #aab3bd; } .absent { fill: #1c2126; stroke: #4a525c; }
        .edge { stroke: #aab3bd; } .use { fill: #86bff8; } .lit { fill: #ff9a94; } .readonly { stroke: #ffffff; } .cell { stroke: #14171b; }
        .zero { fill: #4c5157; } .anon { fill: #14548a; } .cow { fill: #765000; } .file { fill: #1d6339; } .shm { fill: #563b9c; }
        .ksm { fill: #862d2d; } .huge { fill: #0e6155; } .swap { fill: #842450; } .guard { fill: #843c1a; }
        .s0 { stroke: #86bff8; } .s1 { stroke: #ffb27a; } .s2 { stroke: #8ddb9f; } .s3 { stroke: #d0a8ff; }
        .s4 { stroke: #ff9ec2; } .s5 { stroke: #d8d46a; } .s6 { stroke: #6fdcdc; } .s7 { stroke: #aab3bd; }
        .f0 { fill: #86bff8; } .f1 { fill: #ffb27a; } .f2 { fill: #8ddb9f; } .f3 { fill: #d0a8ff; }
        .f4 { fill: #ff9ec2; } .f5 { fill: #d8d46a; } .f6 { fill: #6fdcdc; } .f7 { fill: #aab3bd; }
        }
        """
}

extension UInt64 {
    /// In hex, without 0x.
    var hex: String { String(self, radix: 16) }
}
