import Faultline

extension CallTable {
    /// What a program asks of the recording.
    static let observation: [CallDefinition] = [
        CallDefinition(
            "observe", result: .state, faults: .never,
            about: "Writes the state of every live process into the recording.", example: "observe()",
            custom: { _ in StatementResult(.ok) }),
        CallDefinition(
            "show", [.texts("WORD", among: PageFlags.optional.map(\.name))], result: .ok, faults: .never,
            about: """
                From here on the state has these flag words too, behind the others: `anonexcl` (bit 34 of /proc/kpageflags, for \
                anonymous pages), `head` (bit 15, the first page of a large folio), and those of the LRU lists: `active` (bit 6), `referenced` \
                (bit 2), `unevictable` (bit 18). On the live kernel the last three come when a processor's batch of pages is full.
                """,
            example: "show(\"anonexcl\", \"head\")", custom: { _ in StatementResult(.ok) }),
        CallDefinition(
            "assert", ["p"], result: .state, faults: .never,
            about: """
                Expects figures of /proc/PID/smaps, in KiB, of the VMA that `p` is in: `=> FIGURE=N ...`. A figure that smaps \
                leaves out is 0. A run says what it found where they do not hold. It is in no recording.
                """,
            example: "assert(W) => Rss=8 Anonymous=8", custom: { _ in StatementResult(.ok) }),
    ]
}
