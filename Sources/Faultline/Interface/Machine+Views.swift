extension Machine {
    /// The zones of physical memory. Corresponds to /proc/zoneinfo and /proc/buddyinfo.
    public var zones: [ZoneSnapshot] { physical.snapshot() }

    /// How many nodes memory has.
    public var nodeCount: Int { physical.nodes.zonelists.count }

    /// What sysctl(8) says of the page allocator.
    public var allocatorSettings: AllocatorSettings { physical.settings }

    /// What a file of /proc/sys says that the page allocator has, such as `vm.min_free_kbytes`; nil for another name.
    public func allocatorSetting(_ name: String) -> String? { physical.setting(name) }

    /// What compaction and migration did since the start.
    public var compactionCounts: CompactionCounts { physical.nodes.statistics.compaction }

    /// The state of a process, VMA by VMA and page by page. Corresponds to /proc/PID/smaps and /proc/PID/pagemap.
    ///
    /// - Throws: ESRCH.
    public func snapshot(_ process: ProcessID) throws(Errno) -> ProcessView { try snapshot(process.index) }

    /// The VMA that an address is in; nil where nothing is mapped. Corresponds to `vma_lookup`.
    ///
    /// - Throws: ESRCH.
    public func vma(_ process: ProcessID, at address: VirtualAddress) throws(Errno) -> VMAView? {
        try snapshot(process.index) { $0 <= address && address < $1 }.vmas.first {
            $0.contains(address)
        }
    }

    /// Sums over a process. Corresponds to /proc/PID/status.
    ///
    /// - Throws: ESRCH.
    public func totals(_ process: ProcessID) throws(Errno) -> ProcessTotals { try totals(process.index) }

    /// Who maps the frame that a process has at an address, through its anon_vma or its file.
    ///
    /// - Returns: nil where no frame is mapped, or only the zero page.
    /// - Throws: ESRCH.
    public func reverseMap(
        _ process: ProcessID, at address: VirtualAddress
    ) throws(Errno) -> ReverseMapSnapshot? {
        try reverseMap(process.index, address)
    }
}
