import Faultline

extension LanguageReference {
    static let recording = """
        ## The recording

            kernel VERSION                             the kernel that ran, or that is modelled
            cpu FEATURE ...                            what its processor had: pku; no such line where it had nothing of these
            initial START-END PERMS OFFSET NAME        a VMA that the first process starts with
            LINE RESULT                                what the statement of that line came to; none for NAME = EXPRESSION
            LINE observe                               followed by the state
            LINE wakes PROCESS: LINE2 RESULT           the statement of line LINE2 had to wait, and has ended now, or waits once more
            LINE killed NAME                           the statement made the kernel kill another process for want of memory
            end                                        followed by the state after the last statement

        RESULT is one of

        - a value: in decimal up to \(CallOutcome.largestDecimal), else in hexadecimal with 0x
        - `ok`, for the calls whose value differs between runs
        - `-1 ERRNO`
        - `SIGNAL CODE at ADDRESS`: the signal that ended the access, with its `si_addr` in hexadecimal
        - for `mincore` a digit 0 or 1 for each page; with a length of 0 there is none, and the result is `ok`
        - `exited`
        - `killed`, where the kernel killed the process for want of memory; it makes no statement any more
        - `N anon=R/S file=R/S` of `memory_reclaim`
        - `ok ioctls=0x...` of `uffd_register`, with ` features=0x...` of `uffd_api`; `-1 ERRNO after 0xBYTES` of `uffd_copy` and its like
        - `FORK`, `REMAP FROM TO LEN`, `REMOVE START-END`, `UNMAP START-END` of `uffd_read`, in hexadecimal
        - `waits MISSING|WP|MINOR at ADDRESS [write]` or `waits event`: the statement does not end before somebody serves the page fault, or
          reads the event (userfaultfd). ADDRESS is the page, the byte with UFFD_FEATURE_EXACT_ADDRESS; the name `fault` has it from then on
        - `skipped`, for a statement of a process that waits, or of one that is not there because its `fork` waits or was skipped, or which
          names the latter; its NAME is -1

        `read_pages` and `write_pages` add ` pages=N`, the accesses that they made. ` minflt=N majflt=N` are the minor and major
        faults that the process took in the statement, as getrusage(2) counts them: always for an access of memory, for a system
        call where it took one and where they are not an artefact of how the call was made. Those of a statement that waited are
        those of the whole statement.

        """

    static var state: String {
        let figures = SmapsFigure.allCases.map(\.name).joined(separator: " ")
        let flags = PageFlags.named.map { "`\($0.name)`" }.joined(separator: " ")
        return """
            ## The state

            For each live process, in the order in which they were made:

                process NAME pgtables=NK locked=NK         page tables (VmPTE) beyond those of the start; locked memory (VmLck)
                  vma START-END PERMS OFFSET NAME | VMFLAGS
                    FIGURE=N ...                           figures of smaps that are not 0, in KiB
                    ADDRESS xN FRAME [file] [excl] [uffd-wp] mapcount=N [FLAGS]

            NAME is `-` for a VMA that has none; a file that the program made is `file:NAME`. VMFLAGS are those of
            /proc/PID/smaps. The figures are, in this order:

            \(wrapped(figures, indent: "    "))

            The last kind of line is a run of N pages. FRAME is `zero` for the shared zero page, `swap sN` for a page that is swapped
            out to slot N (a run of N pages has slots in a row), `swap` alone for a guard region, which pagemap calls swapped too,
            `marker uffd-wp` for a write-protect mark of a userfaultfd where no page is, `poison` for a mark of `uffd_poison`, or
            `fK`, the K-th distinct frame of this state: two lines with the same number
            share the frame, and a run of N pages is on the frames fK, fK+1 and so on. `file` and `excl` are bits 61 and 56 of
            /proc/PID/pagemap, `uffd-wp` (also of `zero` and `swap`) is bit 57, `mapcount` is what /proc/kpagecount says, and FLAGS are those of /proc/kpageflags that are recorded: \(flags)
            (the last \(PageFlags.optional.count) only after `show`).

            What a program starts with is left out, and so are the pages of a VMA of more than 2^18 pages.

            """
    }
}
