/// Finds what a misspelt word was meant to be.
enum Suggestion {
    /// `; did you mean X?` for the nearest candidate that is near enough, else nothing.
    static func text(for word: String, among candidates: some Sequence<String>) -> String {
        let limit = max(1, word.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in candidates where abs(candidate.count - word.count) <= limit {
            let distance = editDistance(word.lowercased(), candidate.lowercased())
            if distance <= limit && distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best.map { "; did you mean \($0.word)?" } ?? ""
    }

    /// The same for a call; some have another name in the language than elsewhere.
    static func text(forCall word: String) -> String {
        if let name = otherNames[word] { return "; did you mean \(name)?" }
        return text(for: word, among: CallName.allCases.map(\.rawValue))
    }

    private static let otherNames = [
        "thread": "clone_vm", "pthread_create": "clone_vm", "clone": "clone_vm", "sched_setaffinity": "run_on",
        "set_cpu": "run_on", "wait": "barrier", "join": "barrier", "sleep": "idle", "uffd": "userfaultfd",
        "uffd_writeprotect": "uffd_wp", "uffd_zero": "uffd_zeropage", "memset": "write_pages", "print": "observe",
    ]

    /// The insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    static func editDistance(_ first: String, _ second: String) -> Int {
        let a = Array(first)
        let b = Array(second)
        var rows = Array(repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { rows[i][0] = i }
        for j in 0...b.count { rows[0][j] = j }
        guard !a.isEmpty, !b.isEmpty else { return a.count + b.count }
        for i in 1...a.count {
            for j in 1...b.count {
                let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                rows[i][j] = min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
                }
            }
        }
        return rows[a.count][b.count]
    }
}
