/// The files of /sys/kernel/mm/transparent_hugepage.
extension Machine {
    /// What the settings of huge pages are now.
    public var hugePageSettings: HugePageSettings { huge.settings }

    /// What huge pages did so far.
    public var hugePageCounts: HugePageCounts { huge.counts }

    /// A write to a file of /sys/kernel/mm, such as `transparent_hugepage/enabled`.
    ///
    /// - Returns: false for a file that is none of those of huge pages.
    /// - Throws: EINVAL for a value that it does not take.
    package func setHugePageFile(_ file: String, _ value: String) throws(Errno) -> Bool {
        let folder = "transparent_hugepage/"
        guard file.hasPrefix(folder) else { return false }
        let name = String(file.dropFirst(folder.count))
        let wasScanning = huge.settings.hasWholePages
        if name.hasPrefix("hugepages-") {
            try setSize(file, name, value)
        } else {
            guard try setHugePageFile(name: name, value, file) else { return false }
        }
        if huge.settings.servesAll || huge.settings.servesSharedMemory { huge.isLooked = true }
        // khugepaged is started anew, and has all processors give their batches away first (lru_add_drain_all).
        if !wasScanning, huge.settings.hasWholePages { drainAllBatches() }
        return true
    }

    private func setHugePageFile(name: String, _ value: String, _ file: String) throws(Errno) -> Bool {
        switch name {
        case "enabled": huge.settings.enabled = try word(value, file)
        case "defrag": huge.settings.defrag = try word(value, file)
        case "shmem_enabled":
            huge.settings.sharedMemory = try word(value, file)
        case "use_zero_page": huge.settings.usesZeroPage = try number(value, file, most: 1) == 1
        case "shrink_underused": huge.settings.shrinksUnderused = try number(value, file, most: 1) == 1
        case "khugepaged/defrag": huge.settings.khugepagedDefrag = try number(value, file, most: 1) == 1
        case "khugepaged/max_ptes_none": huge.settings.mostEmpty = try number(value, file, most: 511)
        case "khugepaged/max_ptes_swap": huge.settings.mostSwapped = try number(value, file, most: 511)
        case "khugepaged/max_ptes_shared": huge.settings.mostShared = try number(value, file, most: 511)
        case "khugepaged/pages_to_scan":
            let pages = try number(value, file, most: Int(UInt32.max))
            if pages == 0 { throw refuseValue(value, file) }
            huge.settings.pagesToScan = pages
        default: return false
        }
        return true
    }

    /// `hugepages-SIZEkB/enabled` and `shmem_enabled`.
    private func setSize(_ file: String, _ name: String, _ value: String) throws(Errno) {
        let parts = name.split(separator: "/")
        let size = parts[0].dropFirst("hugepages-".count)
        guard parts.count == 2, size.hasSuffix("kB"), let kilobytes = UInt64(size.dropLast(2)),
            let order = HugePageSettings.orders.first(where: { 4 << $0 == kilobytes })
        else { throw refuseValue(value, file) }
        if parts[1] == "enabled" {
            huge.settings[order] = try word(value, file)
        } else {
            huge.settings[sharedMemory: order] = try word(value, file)
        }
    }

    /// One of the words that the file takes.
    private func word<Word: RawRepresentable<String>>(_ value: String, _ file: String) throws(Errno) -> Word {
        guard let word = Word(rawValue: value) else { throw refuseValue(value, file) }
        return word
    }

    /// `kstrtoul` of a decimal number.
    private func number(_ value: String, _ file: String, most: Int) throws(Errno) -> Int {
        guard let number = Int(value), 0...most ~= number else { throw refuseValue(value, file) }
        return number
    }

    private func refuseValue(_ value: String, _ file: String) -> Errno {
        refuse(.EINVAL, .argument("VALUE", .name(value), "\(file) does not take it"))
    }
}
