import Glibc

/// What a descriptor writes to: a terminal of some width, which may have colours, or a file or pipe, which gets text as it is.
struct Terminal: Sendable {
    /// Colours may be used: it is a terminal that has them, and NO_COLOR is not set.
    let hasColours: Bool
    /// Characters that a line may have; nil where it is no terminal.
    let width: Int?

    /// Standard output.
    static let output = Terminal(STDOUT_FILENO)
    /// Standard error.
    static let errors = Terminal(STDERR_FILENO)

    init(hasColours: Bool, width: Int?) {
        self.hasColours = hasColours
        self.width = width
    }

    init(_ descriptor: Int32) {
        guard isatty(descriptor) != 0 else {
            self.init(hasColours: false, width: nil)
            return
        }
        let isPlain = HostFiles.environment("NO_COLOR")?.isEmpty == false || HostFiles.environment("TERM") == "dumb"
        var size = winsize()
        let asked = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
        // A terminal that does not know how wide it is has as many columns as the user says, or the usual ones.
        let columns = asked > 0 ? asked : HostFiles.environment("COLUMNS").flatMap { Int($0) } ?? 80
        self.init(hasColours: !isPlain, width: max(columns, Self.leastWidth))
    }

    /// In less than this no table can be read.
    private static let leastWidth = 20

    /// Prints a text on standard output, without a newline behind it.
    static func tell(_ text: String, as kind: TextKind) {
        print(TextPainter(kind, for: output).paint(text), terminator: "")
    }
}
