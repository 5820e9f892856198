import Faultline

extension CallTable {
    /// Memory policies, and questions about page tables. A mask of nodes has 64 bits, of which the kernel looks at 63.
    static let policies: [CallDefinition] = [
        CallDefinition(
            "mbind", ["addr", "len", "mode", "nodes", "flags"], number: 237,
            about: """
                mbind(2): gives the range a memory policy (`MPOL_` modes and their flags) on the nodes of a mask; VMAs split and merge as \
                for other changes. With MPOL_MF_MOVE the process's own pages elsewhere move, with MPOL_MF_MOVE_ALL all of them, with \
                MPOL_MF_STRICT those that stay are EIO. In the state a VMA whose policy is not the default has ` policy=`, the first \
                word of numa_maps.
                """,
            example: "mbind(W, 16K, MPOL_BIND, 1, MPOL_MF_MOVE)",
            done: {
                try $0.machine.mbind(
                    $0.process, $0[0], $0[1], mode: $0.int(2), nodes: $0[3], flags: UInt32(truncatingIfNeeded: $0[4]))
            }),
        CallDefinition(
            "set_mempolicy", ["mode", "nodes"], number: 238,
            about:
                "set_mempolicy(2): the policy of the process, for memory without one of its own. Children inherit it.",
            example: "set_mempolicy(MPOL_INTERLEAVE, 1)",
            done: { try $0.machine.setMempolicy($0.process, mode: $0.int(0), nodes: $0[1]) }),
        CallDefinition(
            "get_mempolicy", ["addr", "flags"], result: .told, number: 239,
            about: """
                get_mempolicy(2): of the process, with MPOL_F_ADDR of the VMA at `addr`, with MPOL_F_NODE where the page is, with \
                MPOL_F_MEMS_ALLOWED the nodes that there are. The result is `policy=N nodes=0xMASK`.
                """,
            example: "get_mempolicy(W, MPOL_F_ADDR)",
            custom: {
                let (policy, nodes) = try $0.machine.getMempolicy($0.process, $0[0], flags: $0[1])
                return .policy(policy, nodes: nodes)
            }),
        CallDefinition(
            "set_mempolicy_home_node", ["addr", "len", "node", "flags"], number: 450,
            about: """
                set_mempolicy_home_node(2): the node that MPOL_BIND and MPOL_PREFERRED_MANY try first. ENOENT where no VMA of the range \
                has a policy, EOPNOTSUPP where one has another.
                """,
            example: "set_mempolicy_home_node(W, 16K, 0, 0)",
            done: { try $0.machine.setHomeNode($0.process, $0[0], $0[1], node: $0[2], flags: $0[3]) }),
        CallDefinition(
            "migrate_pages", [.process, "old", "new"], number: 256,
            about:
                "migrate_pages(2): moves a process's pages from old nodes to new ones. The result is how many stayed.",
            example: "migrate_pages(c, 1, 1)",
            value: { try $0.machine.migratePages($0.process, of: try $0.target, from: $0[0], to: $0[1]) }),
        CallDefinition(
            "pagemap_scan", ["addr", "len", "flags", "inverted", "mask", "anyof", "return"], result: .told,
            faults: .never,
            about: """
                PAGEMAP_SCAN (ioctl(2) of /proc/self/pagemap) of at most 64 regions, with `PAGE_IS_` categories and `PM_SCAN_` flags. The \
                result is `N to END START-END:0xCATEGORIES ...`: how many regions, and the address at which the walk ended.
                """,
            example: "pagemap_scan(W, 16K, 0, 0, PAGE_IS_PRESENT, 0, PAGE_IS_PRESENT|PAGE_IS_FILE)",
            custom: { try scan($0) }),
        CallDefinition(
            "procmap_query", [.process, "addr", "flags"], result: .told, faults: .never,
            about: """
                PROCMAP_QUERY (ioctl(2) of /proc/PID/maps): the VMA at `addr`, with `PROCMAP_QUERY_` flags also the next that is \
                readable, writable, executable, shared or of a file. The result is `START-END to FLAGS OFFSET NAME`, as maps has them; ENOENT \
                where there is none.
                """,
            example: "procmap_query(init, W, PROCMAP_QUERY_COVERING_OR_NEXT_VMA)",
            custom: {
                let found = try $0.machine.queryMap($0.process, of: try $0.target, $0[0], flags: $0[1])
                return StatementResult(.told(ProcMapAnswer.text(found)))
            }),
        CallDefinition(
            "clear_refs", [.process, "value"], faults: .never,
            about: """
                Writes a number into /proc/PID/clear_refs: 1 takes the accessed bits of all pages, 2 those of private memory, 3 those of \
                files; 4 is about soft-dirty bits, which this kernel has not; 5 sets VmHWM back to VmRSS.
                """,
            example: "clear_refs(init, 1)",
            done: { try $0.machine.clearRefs($0.process, of: try $0.target, Int64(bitPattern: $0[0])) }),
    ]

    private static func scan(_ call: SimulatedCall) throws -> StatementResult {
        let scan = PagemapScan(
            start: call[0], end: call[0] &+ call[1], flags: call[2], inverted: call[3], mask: call[4], anyOf: call[5],
            returned: call[6], regionLimit: 64)
        let found = try call.machine.scanPagemap(call.process, scan)
        return StatementResult(
            .told(PagemapScan.text(found.regions, end: found.end)), value: Int64(found.regions.count))
    }
}

extension PagemapScan {
    /// As a recording has the regions that a scan found.
    public static func text(_ regions: [PagemapRegion], end: UInt64) -> String {
        "\(regions.count) to \(end.hex)"
            + regions.map { " \($0.start.hex)-\($0.end.hex):0x\($0.categories.hex)" }.joined()
    }
}

/// What PROCMAP_QUERY answers.
public enum ProcMapAnswer {
    /// As a recording has it.
    public static func text(_ vma: VMAView) -> String {
        let name = vma.name.isEmpty ? "-" : vma.escapedName
        return "\(vma.start.hex)-\(vma.end.hex) to \(vma.permissions) \(vma.offset.hex) \(name)"
    }
}
