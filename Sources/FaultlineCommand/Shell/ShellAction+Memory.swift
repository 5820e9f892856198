import Faultline
import FaultlineInspect
import FaultlineScenario

/// Reading and writing memory.
extension ShellAction {
    static let read: ShellAction = ShellAction(
        name: "rd", arguments: "[-8|-16|-32|-64] [PROCESS:]ADDRESS [COUNT]",
        summary: "Show memory, as words of so many bits.",
        details: "No fault is taken: what is not in memory is not shown.", example: "goto 2; rd -8 p 16",
        library: "try machine.peek(process, at: address, count: 8)"
    ) { arguments, shell in
        let (size, rest) = try width(arguments)
        try read.require(1...2, of: rest)
        let (process, address) = try shell.location(rest[0])
        let count = try rest.count > 1 ? shell.value(rest[1]) : 1
        guard count <= 1 << 20 else { throw ShellError("at most \(1 << 20) words at a time") }
        let bytes = try shell.machine.peek(process, at: address, count: Int(count) * size)
        var text = ""
        for start in stride(from: 0, to: bytes.count / size * size, by: 16) {
            text += dump(
                Array(bytes[start..<min(start + 16, bytes.count / size * size)]), size, at: address + UInt64(start))
        }
        if bytes.count < Int(count) * size {
            text += "rd: no page is there: \(String(address + UInt64(bytes.count), radix: 16))\n"
        }
        return text
    }

    static let write: ShellAction = ShellAction(
        name: "wr", arguments: "[-8|-16|-32|-64] [PROCESS:]ADDRESS VALUE",
        summary: "Write a word to memory through /proc/PID/mem.",
        details:
            "It becomes statements of the program, one a byte (mem_write), so that it can be taken back and saved.",
        example: "goto 2; wr -8 p 65; rd -8 p 4", library: "try machine.store(process, at: address, 65)"
    ) { arguments, shell in
        let (size, rest) = try width(arguments)
        try write.require(2...2, of: rest)
        let (process, address) = try shell.location(rest[0])
        let value = try shell.value(rest[1])
        var text = ""
        for byte in 0..<size {
            let place = "0x" + String(address + UInt64(byte), radix: 16)
            text += try shell.type("mem_write(\(shell.name(process)), \(place), 1, \(value >> UInt64(8 * byte) & 255))")
        }
        return text
    }

    static let search: ShellAction = ShellAction(
        name: "search", arguments: "[-8|-16|-32|-64] VALUE [PROCESS]",
        summary: "Find a word in the memory of a process.",
        details: "Words are looked for at multiples of their size; 1,000 places are shown at most.",
        example: "goto 2; search -8 7",
        library: "try machine.forEachEntry(process, in: 0..<AddressSpaceLimit.taskSize) { print($0, $1) }"
    ) { arguments, shell in
        let (size, rest) = try width(arguments)
        try search.require(1...2, of: rest)
        let value = try shell.value(rest[0])
        let process = try shell.process(rest.count > 1 ? rest[1] : nil)
        let wanted = (0..<size).map { UInt8(value >> UInt64(8 * $0) & 255) }
        var pages: [UInt64] = []
        try shell.machine.forEachEntry(process, in: 0..<AddressSpaceLimit.taskSize) { address, _ in
            pages.append(address)
        }
        var text = ""
        var found = 0
        for page in pages {
            let bytes = try shell.machine.peek(process, at: page, count: 4096)
            for start in stride(from: 0, to: bytes.count, by: size)
            where bytes[start..<start + size].elementsEqual(wanted) {
                found += 1
                if found > 1000 { return text + "search: there are more\n" }
                text += "\(String(page + UInt64(start), radix: 16)): \(word(bytes[start..<start + size]))\n"
            }
        }
        return text.isEmpty ? "search: not found\n" : text
    }

    /// Bytes of a word, and the arguments behind the option.
    private static func width(_ arguments: [String]) throws -> (Int, [String]) {
        guard let first = arguments.first, first.hasPrefix("-"), let bits = Int(first.dropFirst()) else {
            return (8, arguments)
        }
        guard [8, 16, 32, 64].contains(bits) else { throw ShellError("\(first): words have 8, 16, 32 or 64 bits") }
        return (bits / 8, Array(arguments.dropFirst()))
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.reversed().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A line of 16 bytes: words, and what they are in ASCII.
    private static func dump(_ bytes: [UInt8], _ size: Int, at address: UInt64) -> String {
        let words = stride(from: 0, to: bytes.count, by: size).map { word(bytes[$0..<$0 + size]) }.joined(
            separator: " ")
        let full = 16 / size * (2 * size + 1) - 1
        let letters = bytes.map { (32..<127).contains($0) ? Character(UnicodeScalar($0)) : "." }
        return "\(String(address, radix: 16)):  " + words.left(full + 3) + String(letters) + "\n"
    }
}
