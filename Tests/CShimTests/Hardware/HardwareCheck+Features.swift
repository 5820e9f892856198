import CShim

extension HardwareCheck {
    /// What the virtual hardware has, what it lacks, and so what this run leaves unchecked.
    var featureReport: String {
        let f = features
        let rows: [(name: String, announced: Bool, enforced: Bool)] = [
            ("no-execute (EFER.NXE)", f.cpuid_nx, f.enforces_nx),
            ("1 GiB pages", f.cpuid_gbpages, f.enforces_gbpages),
            ("SMEP", f.cpuid_smep, f.enforces_smep),
            ("SMAP", f.cpuid_smap, f.enforces_smap),
            ("protection keys (PKU)", f.cpuid_pku, f.enforces_pku),
        ]
        var lines = [
            "virtual hardware: \(vendor), \(f.physical_bits) physical and \(f.linear_bits) linear address bits"
        ]
        for row in rows {
            let verdict =
                switch (row.announced, row.enforced) {
                case (true, true): "checked"
                case (false, true): "checked (enforced, though CPUID does not announce it)"
                case (true, false): "NOT CHECKED: announced by CPUID, but not enforced"
                case (false, false): "NOT CHECKED: this virtual hardware lacks it"
                }
            lines.append("  \(row.name): \(verdict)")
        }
        let lost = unusableSlots.subtracting([UInt64(FL_ORACLE_PML4_SLOT)]).sorted()
        if !lost.isEmpty {
            lines.append(
                "  DEVIATION: accesses through PML4 slots \(lost) fault or end wrongly whatever the tables say; not checked"
            )
        }
        if f.keeps_nx_pages {
            lines.append(
                "  DEVIATION: pages with NX stay translated after EFER.NXE is cleared, even after MOV to CR3; "
                    + "all translations are dropped at each change of NXE")
        }
        return lines.joined(separator: "\n")
    }
}
