import Faultline

/// The tree of page tables of every process: a box for each table, with how many of its entries are used.
struct PageTablesPicture {
    private let moment: PictureMoment
    private var picture = SVGPicture()

    private static let column = 172.0
    private static let row = 36.0
    private static let box = (width: 148.0, height: 28.0)

    init(_ moment: PictureMoment) { self.moment = moment }

    /// The picture as a file.
    var svg: String {
        var drawing = self
        drawing.picture.text(0, 10, SVGPicture.fitting(moment.title, 664))
        var y = 18.0
        for process in moment.state.processes where process.sharedWith == nil { y = drawing.draw(process, at: y) }
        let sums = moment.state.processes.map { "\($0.name): \($0.totals.pageTables) KiB" }.joined(separator: "; ")
        return drawing.picture.svg(name: "\(moment.title): page tables", description: "VmPTE of " + sums)
    }

    /// Draws a process's tables and returns where the next one's begin.
    private mutating func draw(_ process: ReportProcess, at top: Double) -> Double {
        let tables = process.tables
        let levels = zip(PageWalk.Level.allCases, tables.counts).map { "\($0.0.rawValue.uppercased()) \($0.1)" }
        picture.text(0, top + 14, process.name, "head")
        picture.text(
            Double(process.name.count) * 7.6 + 10, top + 14,
            "\(process.totals.pageTables)K (VmPTE; the PGD not counted): \(levels.joined(separator: ", "))")
        let known = Set(moment.before(process)?.tables.listed ?? [])
        var last: [Int: Double] = [:]
        var y = top + 24
        var previous = -1
        for table in tables.listed {
            let level = PageWalk.Level.allCases.firstIndex(of: table.level) ?? 0
            if level <= previous { y += Self.row }
            previous = level
            if let parent = last[level - 1], level > 0 { connect(parent, y, level) }
            drawBox(table, level, at: y, isNew: !known.contains(table) && moment.before(process) != nil)
            last[level] = y
        }
        let hidden = tables.counts.reduce(0, +) - tables.listed.count
        if hidden > 0 {
            y += Self.row
            picture.text(0, y + 18, "and \(hidden) more tables")
        }
        return y + Self.row + 10
    }

    private mutating func connect(_ parent: Double, _ y: Double, _ level: Int) {
        let x = Double(level - 1) * Self.column + Self.box.width
        let (from, to) = (SVGPicture.number(parent + 14), SVGPicture.number(y + 14))
        picture.path("M\(SVGPicture.number(x)) \(from)h10V\(to)h14", "edge")
    }

    private mutating func drawBox(_ table: PageTableView, _ level: Int, at y: Double, isNew: Bool) {
        let x = Double(level) * Self.column
        picture.rectangle(x, y, Self.box.width, Self.box.height, "box")
        picture.rectangle(x + 1, y + 24, max(146 * Double(table.used) / 512, 2), 3, "use")
        picture.text(x + 5, y + 11, "\(table.level.rawValue.uppercased()) \(table.used)/512", "name")
        picture.text(x + 5, y + 22, table.start.hex)
        if isNew { picture.path("M\(SVGPicture.number(x + 132)) \(SVGPicture.number(y + 13))h10l-5 -8z", "lit") }
    }
}
