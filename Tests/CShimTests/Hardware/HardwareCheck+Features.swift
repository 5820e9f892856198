import CHost
import Foundation

extension HardwareCheck {
    /// What the virtual hardware has, what it lacks, and so what this run leaves unchecked.
    var featureReport: String {
        let f = features
        let rows: [(name: String, announced: Bool, enforced: Bool)] = [
            ("no-execute (EFER.NXE)", f.cpuid_nx, f.enforces_nx),
            ("1 GiB pages", f.cpuid_gbpages, f.enforces_gbpages),
            ("SMEP", f.cpuid_smep, f.enforces_smep),
            ("SMAP", f.cpuid_smap, f.enforces_smap),
            ("protection keys (PKU)", f.cpuid_pku, checksKeys),
        ]
        var lines = [
            "compared with \(HardwareCheck.comparedWith)",
            "virtual hardware: \(vendor), \(f.physical_bits) physical and \(f.linear_bits) linear address bits",
        ]
        for row in rows {
            let verdict =
                switch (row.announced, row.enforced) {
                case (true, true): "checked"
                case (false, true): "checked (enforced, though CPUID does not announce it)"
                case (true, false): "NOT CHECKED: announced by CPUID, but not enforced"
                case (false, false) where row.name.hasPrefix("protection") && f.enforces_pku:
                    "NOT CHECKED: it deviates, see below"
                case (false, false): "NOT CHECKED: this virtual hardware lacks it"
                }
            lines.append("  \(row.name): \(verdict)")
        }
        return (lines + deviations).joined(separator: "\n")
    }

    /// Whether accesses are made with protection keys on: there are keys, and they work as the manuals say.
    var checksKeys: Bool { features.enforces_pku && features.key_deviations == 0 }

    /// What the probes found that the manuals do not have, each with what is left out because of it.
    private var deviations: [String] {
        var found: [String] = []
        let lost = unusableSlots.subtracting([UInt64(FL_ORACLE_PML4_SLOT)]).sorted()
        if !lost.isEmpty {
            found.append(
                "accesses through PML4 slots \(lost) fault or end wrongly whatever the tables say; left out: those")
        }
        if features.keeps_nx_pages {
            found.append(
                "pages with NX stay translated after EFER.NXE is cleared, even after MOV to CR3; "
                    + "left out: none, all translations are dropped at each change of NXE")
        }
        let names: [(bit: fl_oracle_key_deviation, name: String)] = [
            (
                FL_ORACLE_KEYS_NOT_CHECKED_AGAIN,
                "a page accessed with CR4.PKE clear stays accessible when a key denies it"
            ),
            (FL_ORACLE_KEYS_WITHOUT_PKE, "a key that denies goes on denying (#PF with PK) after CR4.PKE is cleared"),
            (FL_ORACLE_KEYS_OF_FETCHES, "keys are checked at instruction fetches, which the manuals exempt"),
            (FL_ORACLE_KEYS_OF_CODE, "non-canonical user accesses are #PF at their own code while key 0 is denied"),
        ]
        for row in names where features.key_deviations & row.bit.rawValue != 0 {
            found.append("\(row.name); left out: accesses with CR4.PKE")
        }
        return found.map { "  DEVIATION: \($0)" }
    }

    /// What makes the walk behind /dev/kvm, by KVM's module.
    static var comparedWith: String {
        let modules = ["kvm_intel", "kvm_amd", "kvm_pvm"].filter {
            FileManager.default.fileExists(atPath: "/sys/module/\($0)")
        }
        switch modules {
        case ["kvm_pvm"]: return "kvm_pvm: KVM's own walk and the host's walk of KVM's tables, not a second real MMU"
        case ["kvm_intel"], ["kvm_amd"]: return "\(modules[0]): the processor's walk in a guest"
        default: return "a KVM that could not be told from /sys/module (\(modules.joined(separator: ", ")))"
        }
    }
}
