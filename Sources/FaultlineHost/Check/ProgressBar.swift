import Glibc

/// A line on the standard error that shows how far a run is, where that is a terminal.
public final class ProgressBar {
    private let total: Int
    private let isShown: Bool
    private var shownText = ""

    /// Makes a bar for `total` steps.
    public init(total: Int) {
        self.total = total
        isShown = isatty(STDERR_FILENO) == 1
    }

    /// Shows that `done` steps are done; `note` is written behind the bar.
    public func show(done: Int, note: String) {
        guard isShown else { return }
        let width = 30
        let filled = total == 0 ? width : done * width / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let text = "[\(bar)] \(done)/\(total) \(note)"
        if text == shownText { return }
        write("\r" + text + String(repeating: " ", count: max(0, shownText.count - text.count)))
        shownText = text
    }

    /// Removes the bar.
    public func clear() {
        guard isShown, !shownText.isEmpty else { return }
        write("\r" + String(repeating: " ", count: shownText.count) + "\r")
        shownText = ""
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: write reads within the array. A terminal that went away does not stop the run.
        bytes.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
