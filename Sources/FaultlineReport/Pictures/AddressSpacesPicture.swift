import Faultline

/// The address spaces of all processes as packed strips of VMAs and pages.
struct AddressSpacesPicture {
    private let moment: PictureMoment
    private let axis: PackedAxis
    private let unit: Double
    /// Where each interval of the axis begins.
    private var places: [Double] = []
    private var picture = SVGPicture()

    private static let width = 760.0
    private static let gap = 24.0
    private static let stripHeight = 92.0

    init(_ moment: PictureMoment) {
        self.moment = moment
        let areas = moment.state.processes.flatMap(\.areas)
        axis = PackedAxis(areas.map { ($0.start, $0.end) })
        let gaps = zip(axis.intervals, axis.intervals.dropFirst()).count { $0.end != $1.start }
        let gapWidth = gaps == 0 ? 0 : min(Self.gap, Self.width * 0.3 / Double(gaps))
        let weight = max(axis.intervals.reduce(0) { $0 + $1.weight }, 1)
        unit = min(34, (Self.width - Double(gaps) * gapWidth) / weight)
        var x = 0.0
        for (index, interval) in axis.intervals.enumerated() {
            if index > 0, axis.intervals[index - 1].end != interval.start { x += gapWidth }
            places.append(x)
            x += interval.weight * unit
        }
    }

    /// The picture as a file.
    var svg: String {
        var drawing = self
        var y = 14.0
        drawing.picture.text(0, 10, SVGPicture.fitting(moment.title, Self.width))
        for process in moment.state.processes {
            drawing.draw(process, at: y)
            y += Self.stripHeight
        }
        drawing.drawLegend(at: y + 8)
        let count = moment.state.processes.count
        let description = moment.state.processes.map { process in
            "\(process.name): Rss \(process.totals.rss) KiB, Pss \(process.totals.pss) KiB"
        }.joined(separator: "; ")
        return drawing.picture.svg(
            name: "\(moment.title): address spaces of \(count) processes", description: description)
    }

    private mutating func draw(_ process: ReportProcess, at y: Double) {
        let totals = process.totals
        let figures = "Rss \(totals.rss)K  Pss \(totals.pss)K  page tables \(totals.pageTables)K"
        picture.text(0, y + 14, process.name, "head")
        picture.text(Double(process.name.count) * 7.6 + 10, y + 14, figures)
        if let owner = process.sharedWith {
            picture.text(0, y + 46, "runs in the address space of \(owner)")
            return
        }
        if process.areas.isEmpty { picture.text(0, y + 46, "nothing of the program's is mapped") }
        var labelEnd = -1.0
        for area in process.areas {
            let (x0, x1) = (x(area.start), x(area.end, isEnd: true))
            if x0 > labelEnd {
                picture.text(x0, y + 28, area.start.hex)
                labelEnd = x0 + Double(area.start.hex.count) * SVGPicture.characterWidth + 8
            }
            drawCells(process, area, at: y + 46)
            let label =
                area.count > 1 ? "\(area.count) VMAs" : area.permissions + (area.name.isEmpty ? "" : " \(area.name)")
            picture.text(x0 + 2, y + 42, SVGPicture.fitting(label, x1 - x0 - 2), "name")
            picture.rectangle(x0, y + 31, max(x1 - x0, 2), 43, area.has("lo") ? "vma locked" : "vma")
        }
    }

    /// Where an address is; the end of a VMA belongs to the interval before it.
    private func x(_ address: VirtualAddress, isEnd: Bool = false) -> Double {
        let index = axis.intervals.lastIndex { isEnd ? $0.start < address : $0.start <= address } ?? 0
        let interval = axis.intervals[index]
        let share = Double(min(address, interval.end) - interval.start) / Double(interval.end - interval.start)
        return places[index] + share * interval.weight * unit
    }

    private mutating func drawCells(_ process: ReportProcess, _ area: ReportArea, at y: Double) {
        for interval in axis.intervals where interval.start < area.end && area.start < interval.end {
            let from = (max(interval.start, area.start) - area.start) >> 12
            let to = (min(interval.end, area.end) - area.start) >> 12
            let x0 = x(area.start + from << 12)
            let width = x(area.start + to << 12, isEnd: true) - x0
            let pages = to - from
            let cells = width / Double(pages) >= 5 ? pages : max(1, min(pages, UInt64(width / 6)))
            for cell in 0..<cells {
                let (first, last) = (from + pages * cell / cells, from + pages * (cell + 1) / cells)
                let cellWidth = width / Double(cells)
                drawCell(process, area, first, last, at: (x0 + cellWidth * Double(cell), y), width: cellWidth)
            }
        }
    }

    private mutating func drawCell(
        _ process: ReportProcess, _ area: ReportArea, _ first: UInt64, _ last: UInt64, at place: (x: Double, y: Double),
        width: Double
    ) {
        picture.rectangle(place.x, place.y, width, 26, "absent")
        var y = place.y
        for (kind, count) in zip(PageKind.allCases, area.mix(first, last)) where count > 0 {
            let height = 26 * min(count / Double(last - first), 1)
            picture.rectangle(place.x, y, width, height, kind.name)
            y += height
        }
        if y > place.y, width >= 9 { picture.rectangle(place.x, place.y, width, 26, "cell") }
        guard last - first == 1, area.pages.counts.isEmpty else { return }
        let page = area.look(at: first)
        if let page, width >= 11 {
            picture.text(place.x + width / 2, place.y + 17, page.kind.letter, "letter", anchor: "middle")
        }
        if let page, page.frame != 0, !page.isWritable, area.permissions.dropFirst().first == "w" {
            picture.path(
                "M\(SVGPicture.number(place.x + 2)) \(SVGPicture.number(place.y + 23))h\(SVGPicture.number(width - 4))",
                "readonly")
        }
        if moment.isChanged(process, area, first) {
            let (x, y) = (SVGPicture.number(place.x + width / 2 - 5), SVGPicture.number(place.y + 37))
            picture.path("M\(x) \(y)h10l-5 -8z", "lit")
        }
    }

    /// The kinds that the picture has, a line each.
    private mutating func drawLegend(at y: Double) {
        let areas = moment.state.processes.flatMap(\.areas)
        let used = PageKind.allCases.filter { kind in areas.contains { $0.pages.totals[kind.rawValue] > 0 } }
        var line = y
        for kind in used {
            picture.rectangle(0, line, 16, 14, kind.name)
            picture.text(8, line + 11, kind.letter, "letter", anchor: "middle")
            picture.text(24, line + 11, kind.legend)
            line += 18
        }
        picture.text(
            24, line + 11, "dotted line: write-protected, the next write faults; triangle: changed by the statement")
        picture.path("M3 \(SVGPicture.number(line + 12))h10l-5 -8z", "lit")
    }
}
