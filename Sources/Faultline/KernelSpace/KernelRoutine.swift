/// The code of the simulated kernel: two routines, each with one instruction that accesses memory. They stand where a kernel without KASLR
/// has its text, and an oops shows them; no table maps them, and nothing fetches them.
enum KernelRoutine {
    /// `movzbl (%rdi),%eax`.
    case load
    /// `mov %sil,(%rdi)`.
    case store

    /// As a kernel's symbols name it.
    var name: String { self == .load ? "kload" : "kstore" }

    /// endbr64, the access, ret.
    private var code: [UInt8] {
        let access: [UInt8] = self == .load ? [0x0f, 0xb6, 0x07] : [0x40, 0x88, 0x37]
        return [0xf3, 0x0f, 0x1e, 0xfa] + access + [0xc3]
    }

    /// The offset of the access.
    private static let offset = 4
    /// How many bytes before the access, and from it on, a report shows (OPCODE_BUFSIZE, PROLOGUE_SIZE).
    private static let (shownBefore, shownFrom) = (42, 22)

    /// `%pS` of the instruction.
    var symbol: String { "\(name)+0x\(Self.offset)/0x\(code.count)" }

    /// `show_opcodes`. Between routines stand instructions of a byte that do nothing.
    var codeText: String {
        func text(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        }
        let before = Array(repeating: 0x90, count: Self.shownBefore - Self.offset) + code.prefix(Self.offset)
        let rest = Array(code.dropFirst(Self.offset + 1))
        let after = rest + Array(repeating: 0x90, count: Self.shownFrom - 1 - rest.count)
        return "Code: \(text(before)) <\(text([code[Self.offset]]))> \(text(after))"
    }
}
