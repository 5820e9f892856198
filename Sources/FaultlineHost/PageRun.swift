/// A run of pages that look alike, as a recording's page lines show them.
struct PageRun {
    /// What the pages are.
    enum Frame: Equatable {
        /// The shared zero page.
        case zero
        /// An entry that is not present: swapped out, or a marker that pagemap shows as swap.
        case swap
        /// A guard region (bit 58 of pagemap) that is not shown as swap.
        case guardRegion
        /// Frame number `number` of the observation; later pages of the run are the frames after it.
        case frame(number: Int, file: Bool, exclusive: Bool, mapCount: UInt64, flags: String)
    }

    var address: UInt64
    var count: Int
    var frame: Frame

    /// `ADDRESS xN FRAME [file] [excl] mapcount=N [FLAGS]`
    var line: String {
        let start = "\(address.hexadecimal) x\(count) "
        switch frame {
        case .zero: return start + "zero"
        case .swap: return start + "swap"
        case .guardRegion: return start + "guard"
        case .frame(let number, let file, let exclusive, let mapCount, let flags):
            return start + "f\(number)" + (file ? " file" : "") + (exclusive ? " excl" : "")
                + " mapcount=\(mapCount)" + flags
        }
    }

    /// Adds a page, to the last run where it continues it.
    static func append(_ frame: Frame, at address: UInt64, to runs: inout [PageRun]) {
        if let last = runs.last, last.address + UInt64(last.count) << 12 == address, last.continues(with: frame) {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(PageRun(address: address, count: 1, frame: frame))
        }
    }

    private func continues(with next: Frame) -> Bool {
        switch (frame, next) {
        case (.frame(let first, let f1, let e1, let m1, let g1), .frame(let number, let f2, let e2, let m2, let g2)):
            number == first + count && f1 == f2 && e1 == e2 && m1 == m2 && g1 == g2
        default:
            frame == next
        }
    }
}
