@testable import Faultline
import Testing

/// madvise(2): which advice is taken for which memory (`do_madvise`, `madvise_vma_behavior` in `mm/madvise.c`). Every
/// value was read from a live 6.18 kernel.
struct MadviseTests {
    private static let numbers: ClosedRange<Int32> = -1...105

    /// The advices from -1 to 105 that end in something other than EINVAL, with what they end in.
    private func answers(_ prepare: (CallBench) throws -> Void) throws -> [Int32: Errno?] {
        let bench = try CallBench()
        var answers: [Int32: Errno?] = [:]
        for advice in Self.numbers {
            try prepare(bench)
            let answer = bench.advise(0, 4, advice)
            if answer != .EINVAL { answers[advice] = .some(answer) }
            _ = bench.unlock(0, 4)
        }
        return answers
    }

    private func all(_ numbers: [Int32], _ errno: Errno? = nil) -> [Int32: Errno?] {
        Dictionary(uniqueKeysWithValues: numbers.map { ($0, errno) })
    }

    @Test("private anonymous memory takes all but MADV_REMOVE and MADV_COLLAPSE")
    func privateAnonymous() throws {
        let taken = try answers { bench in
            try bench.map(0, 4)
            try bench.fill(0, 4)
        }
        #expect(taken == all([0, 1, 2, 3, 4, 8] + Array(10...24) + [102, 103]))
    }

    @Test("shared anonymous memory takes MADV_REMOVE, but not MADV_FREE and MADV_WIPEONFORK")
    func sharedAnonymous() throws {
        let taken = try answers { bench in
            try bench.map(0, 4, flags: 0x31)
            try bench.fill(0, 4)
        }
        #expect(taken == all([0, 1, 2, 3, 4, 9] + Array(10...17) + Array(19...24) + [102, 103]))
    }

    @Test("memory that is not writable, or not accessible, cannot be populated so (`faultin_page_range`)")
    func withoutRights() throws {
        let readOnly = try answers { try $0.map(0, 4, prot: 1) }
        #expect(readOnly == all([0, 1, 2, 3, 4, 8] + Array(10...22) + [24, 102, 103]))
        let none = try answers { try $0.map(0, 4, prot: 0) }
        #expect(none == all([0, 1, 2, 3, 4, 8] + Array(10...21) + [24, 102, 103]))
    }

    @Test("locked memory keeps its contents: DONTNEED, FREE, COLD, PAGEOUT and GUARD_INSTALL are EINVAL")
    func locked() throws {
        let taken = try answers { bench in
            try bench.map(0, 4)
            #expect(bench.lock(0, 4) == nil)
        }
        #expect(taken == all([0, 1, 2, 3] + Array(10...19) + [22, 23, 24, 103]))
    }

    @Test("a hole is ENOMEM, also for what comes after it, which is advised (`madvise_walk_vmas`)")
    func hole() throws {
        let answered = try answers { bench in
            try bench.map(0, 4)
            #expect(bench.unmap(1, 1) == nil)
        }
        #expect(answered == all([0, 1, 2, 3, 4, 8] + Array(10...24) + [102, 103], .ENOMEM))
        let bench = try CallBench()
        try bench.map(0, 4)
        _ = bench.unmap(1, 1)
        #expect(bench.advise(0, 4, 16) == .ENOMEM)
        let flags = try bench.machine.snapshot(bench.process).vmas.filter { $0.start >= bench.at(0) }.map(\.flags)
        #expect(flags.prefix(2).allSatisfy { $0.hasSuffix("dd") })
    }

    @Test("sealed memory loses contents only where the program could overwrite them (`can_madvise_modify`)")
    func sealed() throws {
        for (prot, refused) in [(3, []), (1, [4, 8, 9, 10, 18, 24, 102])] as [(UInt64, [Int32])] {
            for advice in Self.numbers {
                let bench = try CallBench()
                try bench.map(0, 4, prot: prot)
                #expect(bench.seal(0, 4) == nil)
                let answer = bench.advise(0, 4, advice)
                if refused.contains(advice) {
                    #expect(answer == .EPERM, "advice \(advice)")
                } else {
                    #expect(answer == nil || answer == .EINVAL, "advice \(advice)")
                }
            }
        }
    }

    @Test("the range is checked before the memory, the advice before the range (`madvise_should_skip`)")
    func ranges() throws {
        let bench = try CallBench()
        try bench.map(0, 4)
        func advise(_ address: UInt64, _ length: UInt64, _ advice: Int32) -> Errno? {
            bench.errno { try bench.machine.madvise(bench.process, address, length, advice: advice) }
        }
        #expect(advise(bench.at(0) + 1, 0, 0) == .EINVAL)
        #expect(advise(bench.at(0), 0, 4) == nil)
        #expect(advise(bench.at(0), 0, 77) == .EINVAL)
        #expect(advise(bench.at(0) + 1, 4096, 4) == .EINVAL)
        #expect(advise(bench.at(0), .max, 4) == .EINVAL)
        #expect(advise(bench.at(0), 0 &- 8192, 4) == .EINVAL)
        #expect(advise(bench.at(64), 4096, 4) == .ENOMEM)
        #expect(advise(0x7fff_ffff_f000, 4096, 4) == .ENOMEM)
    }

    @Test("a guard takes the contents away and makes accesses fault, until it is removed")
    func guards() throws {
        let bench = try CallBench()
        try bench.map(0, 4)
        try bench.fill(0, 4)
        #expect(bench.advise(1, 2, 102) == nil)
        #expect(try bench.machine.load(bench.process, bench.at(1)) == .failure(fault(bench.at(1))))
        #expect(try bench.machine.load(bench.process, bench.at(3)) == .success(1))
        #expect(bench.advise(1, 2, 4) == nil)
        #expect(try bench.machine.load(bench.process, bench.at(2)) == .failure(fault(bench.at(2))))
        #expect(bench.advise(0, 4, 103) == nil)
        #expect(try bench.machine.load(bench.process, bench.at(1)) == .success(0))
        #expect(try bench.machine.load(bench.process, bench.at(0)) == .success(1))
        // Populating stops at a guard (`faultin_page_range`).
        #expect(bench.advise(1, 1, 102) == nil)
        #expect(bench.advise(0, 4, 23) == .EFAULT)
        #expect(bench.advise(0, 4, 22) == .EFAULT)
        #expect(bench.lock(0, 4) == .ENOMEM)
        #expect(bench.advise(1, 1, 102) == .EINVAL)
    }

    private func fault(_ address: UInt64) -> AccessFault { AccessFault(signal: .noMapping, address: address) }
}
