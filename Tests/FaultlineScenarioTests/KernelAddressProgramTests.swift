import Faultline
import Testing

@testable import FaultlineScenario

/// Programs that ask for memory of each CPU, for fixed addresses, and make accesses that may fail.
@Suite("The kernel's addresses in programs")
struct KernelAddressProgramTests {
    private func failures(of source: String) throws -> ([ScenarioStep], [String]) {
        let executor = try SimulatorExecutor(ramBytes: 256 << 20)
        executor.selfCheck = .everyCall
        let run = try ScenarioSession(try Parser.parse(source), on: executor).run()
        return (run.failedExpectations, executor.takeKills())
    }

    @Test("memory of each CPU is apart, and what is freed is nobody's")
    func perCPU() throws {
        let (failed, _) = try failures(
            of: """
                p = alloc_percpu(8, 8)
                a = per_cpu_ptr(p, 0)
                b = per_cpu_ptr(p, 1)
                kstore(a, 1) => ok
                kstore(b, 2) => ok
                kload(a) => 1
                kload(b) => 2
                q = alloc_percpu(32K, 4K)
                c = per_cpu_ptr(q, 1)
                kload(c + 32K - 1) => 0
                per_cpu_ptr(p, 2) => EINVAL
                alloc_percpu(33K, 8) => EINVAL
                alloc_percpu(8, 3) => EINVAL
                free_percpu(q) => ok
                free_percpu(q) => EINVAL
                free_percpu(p + 4) => EINVAL
                free_percpu(0) => ok
                s = alloc_percpu_gfp(64, 8, GFP_ATOMIC)
                free_percpu(s) => ok
                """)
        #expect(failed.isEmpty, "\(failed)")
    }

    @Test("fixed addresses, records and physical addresses are where the kernel has them")
    func fixedAddresses() throws {
        let (failed, _) = try failures(
            of: """
                set_fixmap(FIX_APIC_BASE, 0xfee00000) => 0xffffffffff5fd000
                slow_virt_to_phys(0xffffffffff5fd020) => 0xfee00020
                clear_fixmap(FIX_APIC_BASE) => ok
                slow_virt_to_phys(0xffffffffff5fd020) => EFAULT
                set_fixmap(644, 0) => EINVAL
                r = pfn_to_page(0x123)
                page_to_pfn(r) => 0x123
                page_to_pfn(r + 1) => EINVAL
                pfn_to_page(0x10000000) => EINVAL
                m = kmap_local(0x123)
                slow_virt_to_phys(m) => 0x123000
                v = vmalloc(8K)
                kstore(v, 5) => ok
                vfree_atomic(v) => ok
                vm_unmap_aliases() => ok
                kload_nofault(v) => EFAULT
                """)
        #expect(failed.isEmpty, "\(failed)")
    }

    @Test("an access with a row in the exception table is an errno, one without is an oops with the line")
    func guardedAccesses() throws {
        let (failed, log) = try failures(
            of: """
                get_user(W) => EFAULT
                mmap(W, 4K, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
                put_user(W, 7) => ok
                get_user(W) => 7
                load(W) => 7
                get_user(0xffff888000000000) => EFAULT
                kload_nofault(0xffff888000100000) => 0
                kload_nofault(W) => ERANGE
                kload(0xffffe90000000000) => SIGSEGV SI_KERNEL
                """)
        #expect(failed.isEmpty, "\(failed)")
        #expect(log.contains(" line:9"))
        #expect(log.contains { $0.hasPrefix("RIP: 0010:kload+0x4/0x8") })
    }
}
