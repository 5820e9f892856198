import Faultline
import Testing

/// prctl(PR_SET_MDWE) (`kernel/sys.c`, `map_deny_write_exec`) and setrlimit(2). Every value was read from a live 6.18
/// kernel.
struct ProcessSettingTests {
    private let page = CallBench.page

    private func prctl(_ bench: CallBench, _ option: Int32, _ a: UInt64, _ b: UInt64 = 0) -> Errno? {
        bench.errno { try bench.machine.prctl(bench.process, option, a, b) }
    }

    @Test("PR_SET_MDWE takes 1 or 3, and can be neither taken back nor changed (`prctl_set_mdwe`)")
    func mdweArguments() throws {
        let bench = try CallBench()
        #expect(prctl(bench, 65, 0) == nil)
        #expect(prctl(bench, 65, 2) == .EINVAL)
        #expect(prctl(bench, 65, 4) == .EINVAL)
        #expect(prctl(bench, 65, 1, 1) == .EINVAL)
        #expect(prctl(bench, 66, 1) == .EINVAL)
        #expect(try bench.machine.prctl(bench.process, 66) == 0)
        #expect(prctl(bench, 65, 1) == nil)
        #expect(try bench.machine.prctl(bench.process, 66) == 1)
        #expect(prctl(bench, 65, 0) == .EPERM)
        #expect(prctl(bench, 65, 3) == .EPERM)
        #expect(prctl(bench, 65, 1) == nil)
    }

    @Test("after it, nothing is writable and executable, and nothing becomes executable (`map_deny_write_exec`)")
    func mdwe() throws {
        let bench = try CallBench()
        #expect(prctl(bench, 65, 1) == nil)
        #expect(bench.mapErrno(0, 1, prot: 7) == .EACCES)
        #expect(bench.mapErrno(0, 1, prot: 6) == .EACCES)
        #expect(bench.mapErrno(0, 1, prot: 5) == nil)
        #expect(bench.protect(0, 1, 1) == nil)
        #expect(bench.protect(0, 1, 5) == .EACCES)
        #expect(bench.mapErrno(0, 1, prot: 5) == nil)
        #expect(bench.protect(0, 1, 5) == nil)
        #expect(bench.protect(0, 1, 7) == .EACCES)
        #expect(bench.mapErrno(0, 1) == nil)
        for prot in [5, 4, 7] as [UInt64] { #expect(bench.protect(0, 1, prot) == .EACCES) }
        let child = try bench.machine.fork(bench.process)
        #expect(try bench.machine.prctl(child, 66) == 1)
    }

    @Test("with PR_MDWE_NO_INHERIT a child is free")
    func mdweWithoutInheritance() throws {
        let bench = try CallBench()
        #expect(prctl(bench, 65, 3) == nil)
        #expect(try bench.machine.prctl(bench.process, 66) == 3)
        #expect(prctl(bench, 65, 1) == .EPERM)
        let child = try bench.machine.fork(bench.process)
        #expect(try bench.machine.prctl(child, 66) == 0)
        #expect(bench.errno { try bench.machine.mmap(child, bench.at(0), page, prot: 7, flags: 0x32) } == nil)
        #expect(bench.errno { try bench.machine.prctl(child, 65, 1) } == nil)
    }

    @Test("setrlimit: 16 resources; without CAP_SYS_RESOURCE a limit only goes down")
    func setrlimit() throws {
        let bench = try CallBench()
        func limit(_ resource: Int32, _ value: UInt64) -> Errno? {
            bench.errno { try bench.machine.setrlimit(bench.process, resource: resource, limit: value) }
        }
        #expect(limit(16, 0) == .EINVAL)
        #expect(limit(-1, 0) == .EINVAL)
        #expect(limit(9, 1000 * page) == nil)
        #expect(limit(9, 1001 * page) == .EPERM)
        var capabilities = Capabilities()
        capabilities.canRaiseLimits = true
        try bench.machine.setCapabilities(bench.process, capabilities)
        #expect(limit(9, 1001 * page) == nil)
    }

    @Test("RLIMIT_AS counts every mapping and the heap (`may_expand_vm`)")
    func addressSpaceLimit() throws {
        let bench = try CallBench()
        let heap = try bench.machine.brk(bench.process, 0)
        try bench.limit(9, bench.size() + 4 * page)
        #expect(try bench.machine.brk(bench.process, heap + 5 * page) == heap)
        #expect(try bench.machine.brk(bench.process, heap + 4 * page) == heap + 4 * page)
        #expect(bench.mapErrno(0, 1) == .ENOMEM)
        #expect(try bench.machine.brk(bench.process, heap + 3 * page) == heap + 3 * page)
        #expect(bench.mapErrno(0, 1) == nil)
        #expect(bench.mapErrno(1, 1) == .ENOMEM)
        #expect(bench.mapErrno(1, 1, prot: 1, flags: 0x31) == .ENOMEM)
        #expect(bench.remap(0, 1, 2, flags: 1) == .ENOMEM)
        // What a fixed mapping replaces does not count.
        #expect(bench.mapErrno(0, 1) == nil)
    }

    @Test("RLIMIT_DATA counts private writable memory, and mprotect that makes memory so (`is_data_mapping`)")
    func dataLimit() throws {
        let bench = try CallBench()
        let data = try bench.machine.snapshot(bench.process).vmas.filter { $0.permissions == "rw-p" }.dropLast()
        try bench.limit(2, data.reduce(0) { $0 + $1.end - $1.start } + 4 * page)
        #expect(bench.mapErrno(0, 4) == nil)
        #expect(bench.mapErrno(8, 1) == .ENOMEM)
        #expect(bench.mapErrno(8, 1, prot: 1) == nil)
        #expect(bench.mapErrno(9, 1, flags: 0x31) == nil)
        #expect(bench.protect(8, 1, 3) == .ENOMEM)
        #expect(bench.unmap(0, 1) == nil)
        #expect(bench.protect(8, 1, 3) == nil)
        #expect(bench.remap(1, 3, 4, flags: 1) == .ENOMEM)
    }
}
