import Faultline

/// The files of /sys/kernel/mm/transparent_hugepage.
extension ProcFiles {
    private static let folder = "/sys/kernel/mm/transparent_hugepage/"

    static var hugePageFiles: [String] { texts(HugePageSettings()).map { folder + $0.name }.sorted() }

    /// One of them; nil where the path is none.
    func hugePageFile(_ path: String) -> String? {
        Self.texts(machine.hugePageSettings).first { Self.folder + $0.name == path }.map { $0.text + "\n" }
    }

    private static func texts(_ settings: HugePageSettings) -> [(name: String, text: String)] {
        var texts = [
            (name: "defrag", text: choice(settings.defrag)), (name: "enabled", text: choice(settings.enabled)),
            (name: "hpage_pmd_size", text: String(PageSize.large)),
            (name: "khugepaged/defrag", text: settings.khugepagedDefrag ? "1" : "0"),
            (name: "khugepaged/max_ptes_none", text: String(settings.mostEmpty)),
            (name: "khugepaged/max_ptes_shared", text: String(settings.mostShared)),
            (name: "khugepaged/max_ptes_swap", text: String(settings.mostSwapped)),
            (name: "khugepaged/pages_to_scan", text: String(settings.pagesToScan)),
            (name: "shmem_enabled", text: choice(settings.sharedMemory)),
            (name: "shrink_underused", text: settings.shrinksUnderused ? "1" : "0"),
            (name: "use_zero_page", text: settings.usesZeroPage ? "1" : "0"),
        ]
        for order in HugePageSettings.orders {
            texts.append((name: "hugepages-\(4 << order)kB/enabled", text: choice(settings[order])))
        }
        return texts
    }

    /// All words, the one that holds in brackets.
    private static func choice<Word: CaseIterable & RawRepresentable<String> & Equatable>(_ chosen: Word) -> String {
        Word.allCases.map { $0 == chosen ? "[\($0.rawValue)]" : $0.rawValue }.joined(separator: " ")
    }
}
