import Faultline
import FaultlineHost
import FaultlineScenario
import Glibc
import Testing

/// An address where nothing is mapped when a program starts.
private let free: UInt64 = 0x1000_0000_0000
private let privateAnonymous: UInt64 = 0x22
private let readWrite: UInt64 = 3

@Suite("The live executor", .enabled(if: LiveKernel.canRunPrograms))
struct LiveExecutorTests {
    @Test func agentBringsTheInitialVMAsOfTheLanguage() throws {
        let vmas = try LiveExecutor().initialAddressSpace()
        let lines = vmas.map { vma in
            [vma.start, vma.end].map { String($0, radix: 16) }.joined(separator: "-")
                + " \(vma.permissions) \(vma.name)"
        }
        #expect(lines.prefix(3) == ["400000-401000 r--p /agent", "401000-402000 r-xp /agent", "402000-407000 rw-p -"])
        #expect(lines.contains("7ffffffde000-7ffffffff000 rw-p [stack]"))
    }

    @Test func storesAndLoadsTakeTheFaultsOfTheStatementOnly() throws {
        let live = try LiveExecutor()
        #expect(try live.map(pages: 2).outcome == .value(free))
        #expect(try live.perform(.store, free, 7) == StatementResult(.ok, minflt: 1))
        #expect(try live.perform(.store, free, 8) == StatementResult(.ok))
        #expect(try live.perform(.load, free) == StatementResult(.value(8)))
        #expect(try live.perform(.writePages, free, 8192, 1) == StatementResult(.ok, pages: 2, minflt: 1))
    }

    @Test func faultsEndInTheSignalWithItsCodeAndAddress() throws {
        let live = try LiveExecutor()
        #expect(try live.perform(.load, free + 5).outcome == .signal(.SIGSEGV, .SEGV_MAPERR, address: free + 5))
        try live.map(pages: 1, protection: 1)
        let stopped = try live.perform(.writePages, free, 4096, 1)
        #expect(stopped.outcome == .signal(.SIGSEGV, .SEGV_ACCERR, address: free))
        #expect(stopped.pages == 0)
        #expect(try live.perform(.load, 1 << 63).outcome == .signal(.SIGSEGV, .SI_KERNEL, address: 0))
    }

    @Test func readPagesAtTheTopOfTheAddressSpaceStopsAtTheFirstSignal() throws {
        let live = try LiveExecutor()
        let result = try live.perform(.readPages, 0x7fff_ffff_f000, 0x2000)
        #expect(result.outcome == .signal(.SIGSEGV, .SEGV_MAPERR, address: 0x7fff_ffff_f000))
        #expect(result.pages == 0)
    }

    @Test func executesOneReturnAndNothingElse() throws {
        let live = try LiveExecutor()
        try live.map(pages: 1, protection: 7)
        _ = try live.perform(.store, free, 0xc3)
        #expect(try live.perform(.exec, free) == StatementResult(.ok))
        _ = try live.perform(.store, free + 1, 0x90)
        #expect(throws: LiveError.notReturn(name: "init", address: free + 1)) { try live.perform(.exec, free + 1) }
        #expect(try live.perform(.exec, 1 << 63).outcome == .signal(.SIGSEGV, .SI_KERNEL, address: 0))
        try live.map(pages: 1, protection: 3)
        #expect(try live.perform(.exec, free).outcome == .signal(.SIGSEGV, .SEGV_ACCERR, address: free))
        #expect(try live.perform(.exec, 1 << 63).outcome == .signal(.SIGSEGV, .SI_KERNEL, address: 0))
    }

    /// add [rax], al; ud2; hlt.
    @Test(arguments: [[0x00, 0x00], [0x0f, 0x0b], [0xf4]])
    func anInstructionThatRaisesASignalOfItsOwnIsNoReturn(bytes: [UInt64]) throws {
        let live = try LiveExecutor()
        try live.map(pages: 1, protection: 7)
        for (index, byte) in bytes.enumerated() { _ = try live.perform(.store, free + UInt64(index), byte) }
        #expect(throws: LiveError.notReturn(name: "init", address: free)) { try live.perform(.exec, free) }
    }

    @Test func aForkSharesPagesUntilOneSideWrites() throws {
        let live = try LiveExecutor()
        try live.map(pages: 1)
        _ = try live.perform(.store, free, 1)
        #expect(try live.perform(.fork).outcome == .ok)
        #expect(try live.perform(.store, free, 2, process: 1) == StatementResult(.ok, minflt: 1))
        #expect(try live.perform(.load, free).outcome == .value(1))
        #expect(try live.observe().count == 2)
        #expect(try live.perform(.exit, 0, process: 1).outcome == .exited)
        #expect(try live.observe().count == 1)
        #expect(throws: LiveError.noProcess(index: 1)) { try live.perform(.load, free, process: 1) }
    }

    @Test func mlockallNeverCountsTheAgentsOwnPages() throws {
        let live = try LiveExecutor()
        _ = try live.perform(.fork)
        // mlockall populates the vDSO too, though it does not lock it.
        let vdso = try #require(try live.initialAddressSpace().first { $0.name == "[vdso]" })
        let pages = Int((vdso.end - vdso.start) / 4096)
        for process in 0...1 {
            #expect(try live.perform(.mlockall, 1, process: process) == StatementResult(.value(0), minflt: pages))
            #expect(try live.perform(.mlockall, 1, process: process) == StatementResult(.value(0)))
        }
    }

    @Test func unmappingTheAgentIsAnErrorThatNamesTheProcess() throws {
        let live = try LiveExecutor()
        #expect(throws: LiveError.agentUnmapped(name: "init")) {
            _ = try live.perform(.munmap, 0x401000, 0x1000)
            _ = try live.perform(.store, free, 1)
        }
    }

    @Test func filesHoldThePatternOfTheLanguage() throws {
        let live = try LiveExecutor()
        for call in [CallName.tmpfsFile, .diskFile] {
            let file = try live.perform(call, 8192)
            #expect(file.outcome == .ok)
            try live.map(pages: 2, flags: 0x11, file: UInt64(bitPattern: file.value))
            #expect(try live.perform(.load, free).outcome == .value(1))
            #expect(try live.perform(.load, free + 4096).outcome == .value(2))
            let vma = try #require(try live.observe().first?.vmas.first)
            #expect(vma.name == "file:x")
        }
    }
}

extension LiveExecutor {
    /// Makes a call whose result goes to `x`.
    @discardableResult
    func perform(_ name: CallName, _ arguments: UInt64..., process: Int = 0) throws -> StatementResult {
        try perform(EvaluatedCall(name: name, arguments: arguments, assignedName: "x"), process: process)
    }

    /// mmap at the free address, replacing what is there.
    @discardableResult
    func map(
        pages: UInt64, protection: UInt64 = readWrite, flags: UInt64 = 0x32, file: UInt64 = ~0
    ) throws -> StatementResult {
        try perform(.mmap, free, pages * 4096, protection, flags, file, 0)
    }
}
