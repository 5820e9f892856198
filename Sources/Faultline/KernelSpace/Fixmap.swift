/// Addresses that are known when the kernel is compiled, for frames that are not: `enum fixed_addresses` of
/// `arch/x86/include/asm/fixmap.h`, with this kernel's configuration.
public enum Fixmap {
    /// FIXADDR_TOP: slot 0, from which slots go down.
    public static let top: UInt64 = 0xffff_ffff_ff7f_f000
    /// Slots by their names in the kernel.
    public static let slots: [(name: String, slot: UInt64)] = [
        ("VSYSCALL_PAGE", 511), ("FIX_DBGP_BASE", 512), ("FIX_EARLYCON_MEM_BASE", 513), ("FIX_APIC_BASE", 514),
        ("FIX_IO_APIC_BASE_0", 515), ("FIX_IO_APIC_BASE_END", 642), ("FIX_PARAVIRT_BOOTMAP", 643),
    ]
    /// `__end_of_permanent_fixed_addresses`: behind these come those of the boot, which a running kernel has no use for.
    public static let count: UInt64 = 644
    /// FIXMAP_PMD_TOP: the last of the two entries of `level2_fixmap_pgt` that have tables (`level1_fixmap_pgt`).
    static let topTable: UInt64 = 507

    /// `fix_to_virt`.
    public static func address(of slot: UInt64) -> UInt64 { top - slot << 12 }
}

extension Machine {
    /// `level3_kernel_pgt`, `level2_fixmap_pgt` and `level1_fixmap_pgt`, which are part of a kernel's image. User code may go through
    /// them: the page of vsyscalls is there.
    func makeFixmapTables() -> Bool {
        for index in [Fixmap.topTable - 1, Fixmap.topTable] {
            let address = Fixmap.top & ~(PageSize.huge - 1) | index << PageTableLevel.pmd
            guard kernelTable(address, above: PageTableLevel.pte) != nil else { return false }
            for level in [PageTableLevel.pud, PageTableLevel.pmd] {
                guard let table = kernelTable(address, above: level) else { return false }
                table[PageTableLevel.index(address, level)] |= PTE.userBit
            }
        }
        return true
    }

    /// `__native_set_fixmap`: maps a frame at a slot, or nothing (`clear_fixmap`), and flushes the one page.
    ///
    /// - Parameter physical: nil for nothing. What is no RAM is not cached (FIXMAP_PAGE_NOCACHE).
    /// - Returns: the slot's address.
    /// - Throws: EINVAL for a slot that there is not, where the kernel stops (`BUG`).
    func setFixmap(_ slot: UInt64, _ physical: PhysicalAddress?) throws(Errno) -> VirtualAddress {
        guard slot < Fixmap.count, (physical ?? 0) & 4095 == 0, (physical ?? 0) >> 52 == 0 else {
            throw refuse(
                .EINVAL,
                .argument("idx", .given(slot), "must be 0 to 643, and the address one of a page"))
        }
        let address = Fixmap.address(of: slot)
        guard let (entry, _) = kernelEntry(address) else { preconditionFailure("the fixmap has its tables") }
        let uncached = physical.map { $0 >> 12 < frames.endFrame ? 0 : PTE.cacheDisabledBit } ?? 0
        noteKernelChange(address, address + PageSize.base, .setFixmap)
        entry.pointee = physical.map { $0 | PTE.kernel | uncached } ?? 0
        flushKernelRange(address, address + PageSize.base)
        return address
    }
}
