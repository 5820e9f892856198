extension ScenarioProfile {
    /// The numbers of the profile `calls`.
    static let callsShape = ProfileShape(
        steps: [
            (.calls, 1189), (.mapAnonymous, 98), (.mapFile, 24), (.protect, 121), (.writePages, 101), (.store, 92),
            (.fork, 150), (.load, 73), (.advise, 71), (.remap, 68), (.readPages, 57), (.unmap, 28), (.newFile, 30),
            (.exit, 15), (.synchronize, 8), (.punchHole, 5), (.writeFile, 4), (.truncate, 2),
        ], processLimit: 4, lastBlockLength: 10,
        advice: [
            ("DONTNEED", 6), ("DONTFORK", 6), ("WIPEONFORK", 5), ("POPULATE_WRITE", 4), ("POPULATE_READ", 3),
            ("WILLNEED", 3), ("GUARD_INSTALL", 2), ("REMOVE", 2), ("COLD", 1), ("DOFORK", 1),
        ])
}

/// Calls about other processes' memory, pins, policies, and questions about page tables.
extension ScenarioGenerator {
    private static let calls: [(element: String, weight: Int)] = [
        ("process_madvise", 238), ("mbind", 181), ("process_vm_writev", 158), ("process_vm_readv", 142),
        ("move_pages", 156), ("pagemap_scan", 106), ("pin", 71), ("unpin", 30), ("get_mempolicy", 55),
        ("set_mempolicy", 50), ("set_mempolicy_home_node", 14), ("migrate_pages", 2), ("process_mrelease", 1),
        ("procmap_query", 4), ("clear_refs", 2),
    ]

    /// Any process that is alive, those that wait among them.
    private mutating func target() -> String { random.pick(processes + waiting.values.sorted()) }

    mutating func takeCall() {
        let call = random.pick(weighted: Self.calls)
        switch call {
        case "process_madvise": adviseOther()
        case "mbind":
            let (address, kib) = range()
            let odd = random.chance(14) ? "+1" : ""
            let flags = random.pick(weighted: [
                ("0", 69), ("MPOL_MF_MOVE_ALL", 30), ("MPOL_MF_MOVE|MPOL_MF_STRICT", 26), ("MPOL_MF_MOVE", 22),
                ("MPOL_MF_STRICT", 18), ("8", 16),
            ])
            emit("mbind(\(address)\(odd), \(kib)K, \(policy()), \(flags))")
        case "process_vm_writev", "process_vm_readv": copyOther(call)
        case "move_pages":
            let count = random.pick([1, 1, 1, 2, 3, 3, 4, 4, 6, 8, 8, 12, 16])
            let node = random.pick(["0", "0", "-1", "-1", "1"])
            let flags = random.pick(["0", "MPOL_MF_MOVE", "MPOL_MF_MOVE", "MPOL_MF_MOVE_ALL"])
            emit("move_pages(\(target()), \(address()), \(count), \(node), \(flags))")
        case "pagemap_scan": scanPages()
        case "pin", "unpin": pinOrUnpin(call)
        case "get_mempolicy": askPolicy()
        case "set_mempolicy": emit("set_mempolicy(\(policy()))")
        case "set_mempolicy_home_node":
            let (address, kib) = range()
            emit("set_mempolicy_home_node(\(address), \(kib)K, \(random.pick([0, 0, 1])), 0)")
        case "migrate_pages":
            emit("migrate_pages(\(target()), \(random.pick([0, 1, 2, 3])), \(random.pick([0, 1, 2, 3])))")
        // What 1 to 3 do shows only where the processor's TLB has not kept the entries.
        case "clear_refs": emit("clear_refs(\(target()), \(random.pick([0, 4, 5, 6])))")
        case "process_mrelease": emit("process_mrelease(\(target()), \(random.pick([0, 0, 1])))")
        default:
            let flags = random.pick([
                "0", "0", "PROCMAP_QUERY_COVERING_OR_NEXT_VMA", "PROCMAP_QUERY_VMA_WRITABLE", "18",
            ])
            emit("procmap_query(\(target()), \(address()), \(flags))")
        }
    }

    private mutating func adviseOther() {
        let (address, kib) = range()
        let odd = random.chance(10) ? "+100" : ""
        let advice = random.pick(weighted: [
            ("WILLNEED", 39), ("DONTNEED", 35), ("POPULATE_READ", 25), ("COLD", 24), ("COLLAPSE", 23),
            ("GUARD_REMOVE", 22), ("NORMAL", 21), ("PAGEOUT", 18), ("GUARD_INSTALL", 17), ("POPULATE_WRITE", 15),
        ])
        emit("process_madvise(\(target()), \(address), \(kib)K\(odd), MADV_\(advice))")
    }

    private mutating func copyOther(_ call: String) {
        let local = address() + (random.chance(36) ? "+7" : "")
        let remote = address() + (random.chance(38) ? "+4090" : "")
        let length = random.pick(weighted: [
            ("0", 54), ("1", 44), ("16", 56), ("4K", 57), ("5000", 47), ("8K", 48), ("12K", 6), ("16K", 4), ("24K", 4),
            ("32K", 4), ("40K", 3),
        ])
        emit("\(call)(\(target()), \(local), \(remote), \(length))")
    }

    /// A mode with its flags, and nodes; most of them are good ones.
    private mutating func policy() -> String {
        let mode = random.pick(weighted: [
            ("MPOL_BIND", 45), ("MPOL_WEIGHTED_INTERLEAVE", 17), ("MPOL_LOCAL", 22), ("7", 26),
            ("MPOL_PREFERRED_MANY", 23), ("MPOL_PREFERRED", 17), ("MPOL_INTERLEAVE", 16), ("MPOL_DEFAULT", 15),
        ])
        let flags = random.pick(weighted: [
            ("", 112), ("|MPOL_F_STATIC_NODES", 22), ("|MPOL_F_RELATIVE_NODES", 16), ("|MPOL_F_NUMA_BALANCING", 17),
            ("|MPOL_F_STATIC_NODES|MPOL_F_RELATIVE_NODES", 14),
        ])
        let isPlain = mode == "MPOL_LOCAL" || mode == "MPOL_DEFAULT"
        let nodes = isPlain ? 0 : random.pick(weighted: [(1, 88), (3, 22), (2, 17), (0, 25)])
        return "\(mode)\(flags), \(nodes)"
    }

    private mutating func askPolicy() {
        let place = address()
        emit(
            random.pick(weighted: [
                ("get_mempolicy(\(place), MPOL_F_ADDR)", 14), ("get_mempolicy(\(place), 0)", 11),
                ("get_mempolicy(0, MPOL_F_MEMS_ALLOWED)", 11), ("get_mempolicy(0, 0)", 8),
                ("get_mempolicy(0, MPOL_F_NODE)", 6), ("get_mempolicy(\(place), MPOL_F_ADDR|MPOL_F_NODE)", 5),
            ]))
    }

    private mutating func scanPages() {
        let (address, kib) = range()
        let all = "PAGE_IS_WPALLOWED|PAGE_IS_WRITTEN|PAGE_IS_FILE|PAGE_IS_PRESENT|PAGE_IS_PFNZERO|PAGE_IS_GUARD"
        let inverted = random.pick(weighted: [("0", 76), ("PAGE_IS_PRESENT", 30)])
        let mask = random.pick(weighted: [("0", 60), ("PAGE_IS_FILE", 24), ("PAGE_IS_PRESENT", 22)])
        let anyOf = random.pick(weighted: [(all, 45), ("PAGE_IS_PRESENT|PAGE_IS_PFNZERO", 34), ("0", 27)])
        emit("pagemap_scan(\(address), \(kib)K, 0, \(inverted), \(mask), \(anyOf), \(all))")
    }

    private mutating func pinOrUnpin(_ call: String) {
        if call == "unpin" {
            let own = pins.filter { processes.contains($0.process) }
            guard let pin = own.isEmpty ? nil : random.pick(own) else { return }
            pins.removeAll { $0.name == pin.name }
            return emit("unpin(\(pin.name))", in: pin.process)
        }
        let (address, kib) = range()
        let name = name("r")
        let process = random.pick(processes)
        pins.append((name, process))
        emit("\(name) = pin(\(address), \(min(kib, 32))K)", in: process)
    }
}
