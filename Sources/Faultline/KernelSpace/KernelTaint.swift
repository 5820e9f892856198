/// What went wrong since the kernel started, as far as reports say it: `tainted_mask` (`kernel/panic.c`). The raw values are the bits.
struct KernelTaint: OptionSet {
    let rawValue: UInt32

    /// TAINT_BAD_PAGE: a slab was found damaged.
    static let badPage = KernelTaint(rawValue: 1 << 5)
    /// TAINT_DIE: the kernel came upon an error of its own.
    static let die = KernelTaint(rawValue: 1 << 7)
    /// TAINT_WARN.
    static let warn = KernelTaint(rawValue: 1 << 9)

    /// `taint_flags`: the letters, by bit.
    private static let letters = Array("PFSRMBUDAWCIOELKXTNJ")

    /// `print_tainted_verbose`: the flags that are set, by letter and name.
    var names: String {
        let set: [(flag: KernelTaint, text: String)] = [
            (.badPage, "[B]=BAD_PAGE"), (.die, "[D]=DIE"), (.warn, "[W]=WARN"),
        ]
        return "Tainted: " + set.filter { contains($0.flag) }.map(\.text).joined(separator: ", ")
    }

    /// `print_tainted`: a place for each flag, and G where no proprietary module was.
    var text: String {
        if isEmpty { return "Not tainted" }
        let places = Self.letters.enumerated().map { bit, letter -> Character in
            if rawValue & 1 << UInt32(bit) != 0 { return letter }
            return bit == 0 ? "G" : " "
        }
        return "Tainted: " + String(places)
    }
}

extension KernelSpace {
    /// `print_tainted`.
    var taint: String { taints.text }
}
