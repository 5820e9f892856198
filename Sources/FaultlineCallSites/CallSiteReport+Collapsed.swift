extension CallSiteReport {
    /// Collapsed stacks, as flame graph tools read them: `outermost;...;innermost COUNT`, a line for each different stack, sorted.
    ///
    /// A name has no `;` and no white space here: they become `:` and `_`.
    ///
    /// - Parameters:
    ///   - kind: which faults are counted; nil for all.
    ///   - splitsKinds: puts the kind on top of each stack, as in `main;fill;[minor] 12`.
    public func collapsed(_ kind: FaultKind? = nil, splitsKinds: Bool = false) -> String {
        var stacks: [String: UInt64] = [:]
        for site in sites {
            let names = zip(site.site.frames, site.symbols).reversed().map { Self.stackName($1.name(of: $0.address)) }
            let stack = names.isEmpty ? ["[no_call_chain]"] : names
            add(stack, &stacks, kind, splitsKinds, site.site.count)
        }
        add(["[lost]"], &stacks, kind, splitsKinds) { lost[Int($0.rawValue)] }
        return stacks.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    private func add(
        _ names: [String], _ stacks: inout [String: UInt64], _ kind: FaultKind?, _ splitsKinds: Bool,
        _ count: (FaultKind) -> UInt64
    ) {
        for each in FaultKind.allCases where kind == nil || kind == each {
            let all = splitsKinds ? names + ["[\(each.name)]"] : names
            stacks[all.joined(separator: ";"), default: 0] += count(each)
        }
    }

    /// A name without what separates names and counts.
    package static func stackName(_ name: String) -> String {
        String(name.map { $0 == ";" ? ":" : $0.isWhitespace ? "_" : $0 })
    }
}
