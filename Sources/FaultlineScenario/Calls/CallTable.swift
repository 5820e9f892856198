/// Every call of the scenario language. A new one is a row here, and its work in the kernel; a call that the live
/// kernel does not take in its raw form has an entry in the live executor's table too.
public enum CallTable {
    /// A kind of calls, as the language reference orders them.
    struct Group: Sendable {
        /// Its heading.
        var title: String
        /// Its calls.
        var calls: [CallDefinition]
    }

    /// The kinds of calls.
    static let groups: [Group] = [
        Group(title: "Accesses of memory", calls: accesses),
        Group(title: "Mappings", calls: mappings),
        Group(title: "Protection keys", calls: protectionKeys),
        Group(title: "Locks, residency and write-back", calls: locking),
        Group(title: "Files", calls: files),
        Group(title: "Descriptors and seals", calls: descriptors),
        Group(title: "System V shared memory", calls: segments),
        Group(title: "Processes and their limits", calls: processes),
        Group(title: "Shared address spaces, other processes' memory, programs", calls: sharing),
        Group(title: "Threads on several CPUs", calls: threads),
        Group(title: "What processes do to each other's memory, pins", calls: othersMemory),
        Group(title: "Memory policies, questions about page tables", calls: policies),
        Group(title: "Faults that userspace serves (userfaultfd)", calls: userfaults),
        Group(title: "The pool of huge pages", calls: hugePages),
        Group(title: "Reclaim and limits", calls: reclaim),
        Group(title: "Samepage merging", calls: merging),
        Group(title: "The kernel's own memory (simulated machine only)", calls: kernelMemory),
        Group(title: "The kernel's own addresses (simulated machine only)", calls: kernelAddresses),
        Group(title: "The kernel's own calls: pages (simulated machine only)", calls: pages),
        Group(title: "Swap", calls: swap),
        Group(title: "The state", calls: observation),
    ]

    /// Every call, in the order of the reference.
    public static let definitions: [CallDefinition] = groups.flatMap(\.calls)

    /// The place of each call in `definitions`, by its name.
    static let indices: [String: Int] = Dictionary(
        uniqueKeysWithValues: definitions.enumerated().map { ($0.element.name, $0.offset) })
}
