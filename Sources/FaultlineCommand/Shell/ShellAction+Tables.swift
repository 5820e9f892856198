import Faultline
import FaultlineInspect
import FaultlineScenario

/// Page tables and what caches them.
extension ShellAction {
    static let translate: ShellAction = ShellAction(
        name: "vtop", arguments: "[PROCESS:]ADDRESS", summary: "Translate an address: tables, entry, VMA, page, TLB.",
        example: "goto 4; vtop c:p", library: "try machine.walk(process, at: address)"
    ) { arguments, shell in
        try translate.require(1...1, of: arguments)
        let (process, address) = try shell.location(arguments[0])
        return try TranslationReader(shell.machine) { shell.executor.processName($0) }.text(process, address)
    }

    static let pageTables: ShellAction = ShellAction(
        name: "pt", arguments: "[PROCESS]", summary: "Show the tree of page tables with occupancy and bytes.",
        example: "goto 4; pt c", library: "try machine.pageTables(process)"
    ) { arguments, shell in
        try pageTables.require(0...1, of: arguments)
        return PageTableReader.text(try shell.machine.pageTables(shell.process(arguments.first)))
    }

    static let entry: ShellAction = ShellAction(
        name: "pte", arguments: "ENTRY", summary: "Take a page-table entry apart.", example: "pte 0x8000000100006045",
        library: "TranslationReader.entry(0x8000_0001_0000_6045)"
    ) { arguments, shell in
        try entry.require(1...1, of: arguments)
        return TranslationReader.entry(try shell.value(arguments[0]))
    }

    static let physicalToVirtual: ShellAction = ShellAction(
        name: "ptov", arguments: "PHYSICAL", summary: "Show where processes map a physical address.",
        details: "In crash the answer is an address of the kernel's direct map, which the machine does not have.",
        example: "goto 4; ptov 0x100006008", library: "machine.mappings(ofFrame: 0x100006)"
    ) { arguments, shell in
        try physicalToVirtual.require(1...1, of: arguments)
        let physical = try shell.value(arguments[0])
        let places = shell.machine.mappings(ofFrame: physical >> 12)
        if places.isEmpty { return "no process maps it\n" }
        return "PROCESS   VIRTUAL         PHYSICAL\n"
            + places.map { place in
                let address = String(place.address | physical & 4095, radix: 16)
                let name = shell.name(place.process)
                return name.left(max(10, name.count + 1)) + address.left(16) + String(physical, radix: 16) + "\n"
            }.joined()
    }

    static let tlb: ShellAction = ShellAction(
        name: "tlb", arguments: "[-a]",
        summary: "Show the TLBs: shapes, hits and what they hold; -a with tables' entries.",
        details: "-a shows the paging-structure caches too. An entry that says what the tables no longer say is stale.",
        example: "goto 4; tlb", library: "machine.cachedEntries"
    ) { arguments, shell in
        let all = arguments == ["-a"]
        guard all || arguments.isEmpty else { throw ShellError("usage: tlb \(tlb.arguments)") }
        let reader = CachedEntryReader(shell.machine) { shell.executor.processName($0) }
        let caches: Set<TLBGeometry.Array> = all ? [] : [.pde, .pdpte, .pml4e]
        let contents = reader.contents { !caches.contains($0.array) } ?? "they are empty\n"
        return reader.shapes() + "\n" + TLBReader.text(shell.machine.tlbStatistics) + "\n" + contents
    }
}
