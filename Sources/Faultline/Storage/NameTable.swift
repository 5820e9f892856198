/// Names that are kept once and known by their numbers.
struct NameTable {
    private(set) var texts: [String] = []
    private var numbers: [String: Int32] = [:]

    var count: Int { texts.count }

    /// Precondition: the number was given out by ``number(of:)``.
    subscript(number: Int) -> String { texts[number] }

    /// The number of a name, the next free one at its first use.
    mutating func number(of name: String) -> Int32 {
        if let known = numbers[name] { return known }
        let number = Int32(texts.count)
        texts.append(name)
        numbers[name] = number
        return number
    }
}
