/// The files of /sys/kernel/mm/ksm that are settings.
extension Machine {
    /// A write to a file of /sys/kernel/mm, such as `ksm/use_zero_pages`.
    ///
    /// - Returns: false for a file that is none of those of ksmd.
    /// - Throws: EINVAL for a value that it does not take; EBUSY for a change that merged pages would not stand, while there are some.
    package func setMergingFile(_ file: String, _ value: String) throws(Errno) -> Bool {
        switch file {
        case "ksm/use_zero_pages": ksm.settings.usesZeroPages = try truth(value, file)
        case "ksm/smart_scan": ksm.settings.isSmart = try truth(value, file)
        case "ksm/max_page_sharing":
            // A merged page has two mappings from the first.
            guard let number = Int32(value), number >= 2 else { throw refuseMergingValue(value, file) }
            if ksm.settings.mostSharing == Int(number) { return true }
            try forgetNodesForSetting(file)
            ksm.settings.mostSharing = Int(number)
        case "ksm/merge_across_nodes":
            guard let number = Int(value), 0...1 ~= number else { throw refuseMergingValue(value, file) }
            if ksm.settings.mergesAcrossNodes == (number == 1) { return true }
            try forgetNodesForSetting(file)
            ksm.settings.mergesAcrossNodes = number == 1
            let trees = number == 1 ? 1 : physical.nodes.zonelists.count
            ksm.stable = Array(repeating: RedBlackTree(), count: trees)
            ksm.unstable = Array(repeating: RedBlackTree(), count: trees)
        default: return false
        }
        return true
    }

    private func forgetNodesForSetting(_ file: String) throws(Errno) {
        if ksm.counts.shared == 0, forgetUnusedNodes() { return }
        throw refuse(
            .EBUSY, .argument("FILE", .name(file), "\(ksm.counts.shared) merged pages stand where the setting put them")
        )
    }

    /// `kstrtobool`.
    private func truth(_ value: String, _ file: String) throws(Errno) -> Bool {
        switch value.first {
        case "y", "Y", "t", "T", "1": return true
        case "n", "N", "f", "F", "0": return false
        case "o", "O":
            let second = value.dropFirst().first
            if second == "n" || second == "N" { return true }
            if second == "f" || second == "F" { return false }
        default: break
        }
        throw refuseMergingValue(value, file)
    }

    private func refuseMergingValue(_ value: String, _ file: String) -> Errno {
        refuse(.EINVAL, .argument("VALUE", .name(value), "\(file) does not take it"))
    }
}
