import Faultline

/// The reference of traces, made from the events' own table: what `faultline help events` prints and docs/EVENTS.md holds.
public enum TraceReference {
    /// The whole text.
    public static var text: String {
        let rows = Event.Kind.allCases.map { kind in
            "| `\(kind.rawValue)` | \(fields(of: kind)) | \(kind.about) |\n"
        }
        return head + "| event | fields | when |\n| --- | --- | --- |\n" + rows.joined()
    }

    private static let head = """
        # Events

        `faultline run --trace` shows the machine's events under each statement, one a line (traces of addresses, which
        `faultline trace` replays, are another thing: docs/TRACES.md):

            PROCESS: EVENT ADDRESS xN FIELD=NUMBER (REASON)

        PROCESS is the program's name for the process that the event happened to, the name of
        the kernel's thread that did it, or `kernel` where there is neither. ADDRESS stands
        there where the event concerns one. `xN` stands for N events, each one page behind the one before, with frames that follow
        each other or are the same. Every field of an event is shown, also where it is 0. REASON names the rule that led to the
        event, where one did.

        Addresses, lengths in bytes, frames (PFN) and bits are hexadecimal with 0x; counts and pages of a file are decimal; a process
        is its name. `--json` has the same taken apart: `process` (its index, below 0 for none), `processName`, `event`, `fields` (each
        with `name`, `unit`, `number` and `text`), `reason`, `refusal`.

        A refusal is `PROCESS: refused ERRNO: SENTENCE`, and `vma_merge_refused` has its sentence behind the reason.


        """

    private static func fields(of kind: Event.Kind) -> String {
        let shape = kind.shape
        let fields =
            [shape.subject, shape.detail].compactMap { $0 } + kind.packed.map { (name: $0.name, unit: $0.unit) }
        return fields.isEmpty ? "-" : fields.map { "`\($0.name)` (\($0.unit.rawValue))" }.joined(separator: ", ")
    }
}

extension Event.Kind {
    /// When it comes, in a few words.
    var about: String {
        switch self {
        case .pageFaultUser: "an access faults; the error code is the processor's"
        case .unmappedArea: "the kernel looked for a place for a mapping and found it"
        case .vmaNew: "a VMA was made"
        case .vmaMerge: "a VMA became one with its neighbours; the fields are its bounds afterwards"
        case .vmaMergeRefused: "two neighbours stay two VMAs; `vma` is the start of the other one"
        case .vmaSplit: "a VMA was cut in two at the address; `vma` is the start of the lower part"
        case .vmaRemoved: "a VMA was taken away"
        case .anonVMANew: "a VMA got an anon_vma, known by its serial number"
        case .anonVMAShared: "a VMA uses the anon_vma of a neighbour"
        case .pageAllocated: "frames were taken; fields as of the kernel's tracepoint"
        case .pageFreed: "frames were given back"
        case .pageTakenFromOthers: "no block of the type was free: one of another type was claimed or stolen"
        case .pageMigrated: "a page went to another frame, which the entry at the address maps now"
        case .pageMapped: "an entry was made that maps a frame"
        case .hugePageMapped: "an entry of a PMD was made that maps 2 MiB"
        case .folioSplit: "a folio of 2^order pages became single pages"
        case .hugePageCollapsed: "a huge page took the place of the single ones of 2 MiB"
        case .hugePageTaken: "a huge page was taken from the pool"
        case .hugePageReturned: "a huge page went back to the pool"
        case .hugePagesPromised:
            "huge pages of the pool were promised to a mapping, or promises taken back; so many are promised now"
        case .hugePoolChanged: "the pool of huge pages was resized; so many pages it has now"
        case .pageUnmapped: "an entry that mapped a frame was taken away"
        case .ksmEntered: "ksmd scans the process's memory from now on"
        case .ksmLeft: "the process's address space ended, which ksmd scanned"
        case .ksmScanStarted: "ksmd begins a scan of so many address spaces"
        case .ksmScanEnded: "ksmd has ended a scan; so many are done since the start"
        case .ksmAddressSpaceScanned: "ksmd scans the memory of a process"
        case .ksmNotMerged: "ksmd looked at a page and did not merge it; the reason says why"
        case .ksmMergedWithPage:
            "the page at the address is a merged one now: the frame, which others with the same contents map too"
        case .ksmMergedOnePage: "a page of zeros was replaced by the zero page (use_zero_pages)"
        case .ksmPageForgotten: "ksmd forgot a merged frame, which nobody maps any more"
        case .cowCopied: "a write got a copy of a page"
        case .cowReused: "a write got the page itself"
        case .pteTableAllocated, .pmdTableAllocated, .pudTableAllocated: "a page table was made"
        case .pteTableFreed, .pmdTableFreed, .pudTableFreed: "a page table was freed"
        case .pageRangeCopied: "fork came to a VMA; `len` is what it copied of it"
        case .vmaLockedToRead:
            "a fault holds the lock of its VMA alone; `vma` is where that starts. Only where it is asked for by name"
        case .vmaLockedToWrite: "a call locks a VMA that it changes. Only where it is asked for by name"
        case .vmaLockAborted: "a fault found no VMA whose lock it could take. Only where it is asked for by name"
        case .vmaLockRetried:
            "a fault let go of its VMA's lock; the reason says why. Only where it is asked for by name"
        case .entriesHinted: "a scan made entries of so many pages fault, from the address on"
        case .hintingFault: "a fault that the scan asked for; the reason says what became of the page"
        case .areaPassedOver: "the scan left a VMA out; the reason says why"
        case .tlbFlush: "translations of a range were flushed"
        case .tlbFlushOnCPU:
            "of several CPUs, one flushed as the tracepoint tlb:tlb_flush says: how many pages, -1 for all, and why"
        case .tlbFlushAll: "all translations of the address space were flushed"
        case .stackGrown: "a stack was extended down to the address, by `len`"
        case .signal: "an access ends in a signal"
        case .userfaultWait: "the process sleeps until userspace serves the fault at the address"
        case .outOfMemory: "a process was killed because no frame was left"
        case .addressSpaceShared: "a process shares its address space with a new one; `users` have it now"
        case .addressSpaceLeft: "a process left an address space that others still have"
        case .writeback: "writeback of pages of a file started, or failed"
        case .refused: "a rule refused something; its sentence has the figures"
        }
    }
}
