/// Further steps of the profile `kernel`: memory of each CPU, and addresses that are fixed or asked for.
extension ScenarioGenerator {
    /// alloc_percpu and free_percpu, and accesses of a CPU's own bytes.
    mutating func usePerCPUArea() {
        if !perCPUAreas.isEmpty, random.chance(40) {
            let index = random.below(perCPUAreas.count)
            if random.chance(60) {
                emit("free_percpu(\(perCPUAreas.remove(at: index)))")
            } else {
                let address = name("a")
                emit("\(address) = per_cpu_ptr(\(perCPUAreas[index]), \(random.below(2)))")
                emit(random.chance(50) ? "kload(\(address))" : "kstore(\(address), \(random.below(256)))")
            }
            return
        }
        let name = name("u")
        let (size, align) = (random.pick(Self.perCPUSizes), random.pick(["1", "8", "8", "64", "4K"]))
        if random.chance(15) {
            emit("\(name) = alloc_percpu_gfp(\(size), \(align), GFP_ATOMIC|__GFP_NOWARN)")
        } else {
            emit("\(name) = alloc_percpu(\(size), \(align))")
        }
        perCPUAreas.append(name)
    }

    private static let perCPUSizes = ["1", "4", "8", "16", "24", "64", "200", "700", "2K", "5000", "17K", "32K"]

    /// Fixed addresses, records of frames, accesses that may fail.
    mutating func useKernelAddress() {
        switch random.below(8) {
        case 0: emit("set_fixmap(\(random.pick(Self.slots)), \(random.pick(["0xfee00000", "0xfec00000", "0x200000"])))")
        case 1: emit("clear_fixmap(\(random.pick(Self.slots)))")
        case 2:
            let name = name("r")
            emit("\(name) = pfn_to_page(\(random.below(4096)))")
            emit("page_to_pfn(\(name))")
        case 3: emit("kload_nofault(FIX_APIC_BASE)")
        case 4: emit("vm_unmap_aliases()")
        case 5: emit("get_user(W + \(random.below(4))K)")
        case 6: emit("put_user(W, \(random.below(256)))")
        default:
            guard let area = kernelAreas.last else { return emit("kmap_local(\(random.below(4096)))") }
            emit("slow_virt_to_phys(\(area.name))")
            if random.chance(30) {
                emit("vfree_atomic(\(area.name))")
                kernelAreas.removeLast()
            }
        }
    }

    private static let slots = ["FIX_APIC_BASE", "FIX_DBGP_BASE", "FIX_IO_APIC_BASE_0", "FIX_PARAVIRT_BOOTMAP"]
}
