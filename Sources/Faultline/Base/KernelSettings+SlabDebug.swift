/// One block of `slab_debug`: what some caches check.
public struct SlabDebugBlock: Sendable, Equatable {
    /// What they check.
    public var flags: SlabFlags
    /// Names; a `*` stands for any rest.
    public var caches: [String]

    /// A block.
    public init(flags: SlabFlags, caches: [String]) {
        self.flags = flags
        self.caches = caches
    }
}

extension KernelSettings {
    /// `slab_debug=FLAGS[,CACHE...][;FLAGS...]`, the kernel's parameter (`setup_slub_debug`, `parse_slub_debug_flags`).
    ///
    /// Nothing stands for all checks, before names too. Blocks that name caches leave the others as they are.
    mutating func setSlabDebug(_ setting: String, _ value: String) throws(SettingError) {
        slabDebugBlocks = []
        (slabDebug, slabDebugKeepsOrder) = ([], false)
        if value.isEmpty {
            slabDebug = .debug
            return
        }
        for block in value.split(separator: ";") {
            let parts = block.split(separator: ",", omittingEmptySubsequences: false)
            let flags = parts[0].isEmpty ? .debug : try slabFlags(setting, parts[0])
            let caches = parts.dropFirst().filter { !$0.isEmpty }.map(String.init)
            if caches.isEmpty {
                slabDebug = flags
            } else {
                slabDebugBlocks.append(SlabDebugBlock(flags: flags, caches: caches))
            }
        }
    }

    private mutating func slabFlags(_ setting: String, _ letters: Substring) throws(SettingError) -> SlabFlags {
        var flags: SlabFlags = []
        for letter in letters.lowercased() {
            switch letter {
            case "-": flags = []
            case "f": flags.insert(.consistencyChecks)
            case "z": flags.insert(.redZone)
            case "p": flags.insert(.poison)
            case "u": flags.insert(.storeUser)
            case "o": slabDebugKeepsOrder = true
            // CONFIG_FAILSLAB is off, so that the letter stands for no bit.
            case "a": break
            case "t":
                throw SettingError(
                    setting: setting, rule: "T (a line of the log for each object) is not modelled; leave it out")
            default:
                throw SettingError(
                    setting: setting,
                    rule: "write slab_debug=FZPU or some of F, Z, P, U, O and A, and names of caches behind it: "
                        + "slab_debug=Z,kmalloc-64; further blocks stand behind a semicolon")
            }
        }
        return flags
    }
}
