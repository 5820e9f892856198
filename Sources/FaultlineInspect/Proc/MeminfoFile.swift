import Faultline

/// Prints `/proc/meminfo` as the kernel does (`meminfo_proc_show`).
enum MeminfoFile {
    /// Lines that are left out: the machine does not have their figures.
    static func leftOut(_ info: MemoryInfo) -> [String] {
        (info.kernel == nil ? withoutKernel : []) + (info.kernel?.stacks == nil ? ["KernelStack"] : [])
            + (info.kernel?.perCPU == nil ? ["Percpu"] : [])
    }

    private static let withoutKernel = [
        "KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "VmallocUsed", "DirectMap4k", "DirectMap2M",
        "DirectMap1G",
    ]

    /// The file.
    static func text(_ info: MemoryInfo, huge: HugePageCounts) -> String {
        let kernel = info.kernel
        var text = pages([
            ("MemTotal", info.total), ("MemFree", info.free), ("MemAvailable", info.available),
            ("Buffers", info.buffers), ("Cached", info.cached), ("SwapCached", info.swapCached),
            ("Active", info.activeAnon + info.activeFile), ("Inactive", info.inactiveAnon + info.inactiveFile),
            ("Active(anon)", info.activeAnon), ("Inactive(anon)", info.inactiveAnon),
            ("Active(file)", info.activeFile), ("Inactive(file)", info.inactiveFile),
            ("Unevictable", info.unevictable), ("Mlocked", info.mlocked), ("SwapTotal", info.swapTotal),
            ("SwapFree", info.swapFree), ("Zswap", 0), ("Zswapped", 0), ("Dirty", info.dirty),
            ("Writeback", info.writeback),
            ("AnonPages", info.anonPages), ("Mapped", info.mapped), ("Shmem", info.shmem),
        ])
        text += slab(kernel)
        text += pages([
            ("PageTables", info.pageTables), ("SecPageTables", 0), ("NFS_Unstable", 0), ("Bounce", 0),
            ("WritebackTmp", 0), ("CommitLimit", info.commitLimit), ("Committed_AS", info.committed),
        ])
        text += line("VmallocTotal", vmallocKiB)
        if let kernel { text += pages([("VmallocUsed", kernel.vmalloc)]) }
        text += pages([("VmallocChunk", 0)])
        if let perCPU = kernel?.perCPU { text += pages([("Percpu", perCPU)]) }
        text += pages([
            ("AnonHugePages", huge.mapped << 9), ("ShmemHugePages", huge.shared << 9),
            ("ShmemPmdMapped", huge.sharedMapped << 9), ("FileHugePages", 0),
            ("FilePmdMapped", 0), ("Balloon", 0),
        ])
        return text + pool(info.hugePages) + (kernel.map(directMap) ?? "")
    }

    private static func slab(_ kernel: KernelMemoryInfo?) -> String {
        guard let kernel else { return "" }
        let (reclaimable, unreclaimable) = (kernel.reclaimableSlab, kernel.unreclaimableSlab)
        return pages([
            ("KReclaimable", reclaimable), ("Slab", reclaimable + unreclaimable), ("SReclaimable", reclaimable),
            ("SUnreclaim", unreclaimable),
        ]) + (kernel.stacks.map { pages([("KernelStack", $0)]) } ?? "")
    }

    /// `arch_report_meminfo`.
    private static func directMap(_ kernel: KernelMemoryInfo) -> String {
        line("DirectMap4k", kernel.directMap[0] * 4) + line("DirectMap2M", kernel.directMap[1] * 2048)
            + line("DirectMap1G", kernel.directMap[2] << 20)
    }

    /// `hugetlb_report_meminfo`.
    private static func pool(_ figures: HugePagePoolFigures) -> String {
        [
            ("HugePages_Total", figures.total), ("HugePages_Free", figures.free), ("HugePages_Rsvd", figures.reserved),
            ("HugePages_Surp", figures.surplus),
        ].map { ($0.0 + ":").left(16) + $0.1.right(8) + "\n" }.joined()
            + line("Hugepagesize", 2048) + line("Hugetlb", figures.total * 2048)
    }

    /// VMALLOC_TOTAL: 32 TiB less a byte.
    private static let vmallocKiB: UInt64 = ((1 << 45) - 1) >> 10

    private static func pages(_ figures: [(String, UInt64)]) -> String {
        figures.map { line($0.0, $0.1 * 4) }.joined()
    }

    /// `show_val_kb`.
    private static func line(_ name: String, _ kib: UInt64) -> String {
        (name + ":").left(16) + kib.right(8) + " kB\n"
    }
}
