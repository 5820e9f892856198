import CHost

/// The pages of the agent's own, as ranges of addresses.
enum AgentPages {
    /// The first page of the bss, which arguments and results go through.
    static let buffer = FL_AGENT_BSS..<FL_AGENT_BSS + 0x1000

    /// The last page of the bss, which is touched only for calls that fault in all of an address space.
    static let untouched = FL_AGENT_END - 0x1000..<FL_AGENT_END

    /// The page that the stack pointer is in.
    static func stackTop(_ stack: Range<UInt64>) -> Range<UInt64> { stack.upperBound - 0x1000..<stack.upperBound }

    /// What most statements need.
    static func small(_ stack: Range<UInt64>) -> [Range<UInt64>] { [buffer, stackTop(stack)] }

    /// Everything, for calls that fault in all of an address space.
    static func all(_ stack: Range<UInt64>) -> [Range<UInt64>] {
        [FL_AGENT_BSS..<FL_AGENT_BSS + FL_AGENT_BSS_BYTES, stack]
    }
}
