/// What the questions of a quiz are about. What the model lacks is no topic.
public enum QuizTopic: String, CaseIterable, Sendable {
    case cow
    case merge
    case tables
    case tlb
    case faults
    case sharing
    case reclaim

    /// What is asked, for help.
    public var summary: String {
        switch self {
        case .cow: "which writes after a fork copy a page"
        case .merge: "how many VMAs calls leave"
        case .tables: "which page tables an access makes"
        case .tlb: "which accesses the TLB answers, and which walk the tables"
        case .faults: "the result of an access, and its faults"
        case .sharing: "how many entries map a frame, and what a process reads"
        case .reclaim: "what gives memory back: which pages go at once, which may go, which stay"
        }
    }

    /// What is asked of each statement that has a letter.
    public var question: String {
        switch self {
        case .cow:
            "How many faults does the statement take, and what does the writer get: a copy of the page, the page itself, or neither?"
        case .merge: "How many VMAs lie between W and W+64K when the statement is done?"
        case .tables:
            "Which page tables does the statement make or free, and how many KiB of tables (VmPTE) more or less are there?"
        case .tlb:
            "How often does the processor find the translation in its TLB, how often does it walk the page tables, and how many faults does it take?"
        case .faults: "What is the result, and how many faults does the statement take?"
        case .sharing:
            "What is the result, and how many page-table entries map the page's frame when the statement is done?"
        case .reclaim:
            "By how many KiB does the process's memory (Rss) change, and how many KiB of it may then go without being written anywhere (LazyFree in smaps)?"
        }
    }
}
