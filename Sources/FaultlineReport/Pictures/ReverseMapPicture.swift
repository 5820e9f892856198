import Faultline

/// From frames through their owners and the VMAs that these name to the entries.
struct ReverseMapPicture {
    private let moment: PictureMoment
    private var picture = SVGPicture()

    /// More frames than this do not make a picture.
    private static let mostFrames = 8
    /// Where the columns begin, and how wide they are.
    private static let columns: [(x: Double, width: Double)] = [(0, 240), (266, 160), (452, 260), (738, 330)]
    private static let row = 38.0

    init(_ moment: PictureMoment) { self.moment = moment }

    /// The frames that the statement changed, else the first ones.
    private var chains: [ReverseMapSnapshot] {
        let all = moment.state.chains.values.sorted { $0.frame < $1.frame }
        let changed = all.filter { moment.before.chains[$0.frame] != $0 }
        return Array((changed.isEmpty ? all : changed).prefix(Self.mostFrames))
    }

    /// The picture as a file.
    var svg: String {
        var drawing = self
        drawing.picture.text(0, 10, SVGPicture.fitting(moment.title, 1080))
        let heads = ["frame", "its owner", "VMAs that may map it", "page-table entries"]
        for (column, head) in zip(Self.columns, heads) { drawing.picture.text(column.x, 30, head, "head") }
        var y = 38.0
        let chains = chains
        if chains.isEmpty { drawing.picture.text(0, y + 16, "no frame is mapped") }
        for chain in chains { y = drawing.draw(chain, at: y) }
        let description = chains.map { chain in
            "frame 0x\(chain.frame.hex), mapped \(chain.mapCount) times, by \(chain.steps.filter(\.isMapped).count) of \(chain.steps.count) VMAs"
        }.joined(separator: "; ")
        return drawing.picture.svg(name: "\(moment.title): who maps a frame", description: description)
    }

    private mutating func draw(_ chain: ReverseMapSnapshot, at top: Double) -> Double {
        box(
            0, top,
            [
                "frame 0x\(chain.frame.hex)",
                "mapped \(chain.mapCount == 1 ? "once" : "\(chain.mapCount) times"), index 0x\(chain.index.hex)",
            ])
        switch chain.owner {
        case .anonVMA(let number, let root, let parent, _, _):
            let place = number == root ? "its own root" : "parent #\(parent), root #\(root)"
            box(1, top, ["anon_vma#\(number)", place])
        case .file(let name, _): box(1, top, ["file", name])
        case .stableNode(let items): box(1, top, ["merged by KSM", "\(items) rmap_items"])
        case .none: box(1, top, ["no owner", "truncated"])
        }
        edge(0, top, top)
        var y = top
        for step in chain.steps {
            edge(1, top, y)
            box(2, y, ["\(moment.processName(step.process)) \(step.permissions)", "\(step.start.hex)-\(step.end.hex)"])
            edge(2, y, y)
            let entry = step.isMapped ? "maps the frame" : step.entry == 0 ? "empty" : "maps something else"
            let rights = step.isMapped ? (step.entry & 2 == 0 ? ", read-only" : ", writable") : ""
            box(
                3, y, ["at \(step.address.hex): \(entry)\(rights)", step.entry == 0 ? "" : "0x\(step.entry.hex)"],
                isDashed: !step.isMapped)
            y += Self.row
        }
        return max(y, top + Self.row) + 10
    }

    private mutating func box(_ column: Int, _ y: Double, _ lines: [String], isDashed: Bool = false) {
        let (x, width) = Self.columns[column]
        picture.rectangle(x, y, width, 32, isDashed ? "no" : "box")
        for (index, line) in lines.enumerated() {
            let style = index == 0 ? "name" : "soft"
            picture.text(x + 6, y + 13 + Double(index) * 13, SVGPicture.fitting(line, width - 8), style)
        }
    }

    private mutating func edge(_ column: Int, _ from: Double, _ to: Double) {
        let start = Self.columns[column].x + Self.columns[column].width
        let end = Self.columns[column + 1].x
        let middle = SVGPicture.number((start + end) / 2)
        picture.path(
            "M\(SVGPicture.number(start)) \(SVGPicture.number(from + 16))H\(middle)V\(SVGPicture.number(to + 16))H\(SVGPicture.number(end))",
            "edge")
    }
}
