import CCallChainCode
import CShim
import FaultlineCallSites
import Testing

/// Chains are gathered by the unwinder of this host.
@Suite(
    .serialized,
    .enabled(
        if: fl_unwind_available() && Symbolizer.hasDebugInformation && ccc_has_bare() != 0,
        "needs libunwind, libdw and x86-64"))
struct CallChainTests {
    let page = TouchedPage()
    let symbolizer: Symbolizer

    init() throws { symbolizer = try Symbolizer() }

    /// Twice: the second time every step is known.
    private func check(_ body: (UnsafeMutablePointer<CChar>) -> Void, _ test: ([String], fl_call_chain) -> Void) {
        fl_call_chain_forget()
        let first = page.chain(body)
        test(first.names(symbolizer), first)
        let second = page.chain(body)
        test(second.names(symbolizer), second)
    }

    @Test("a leaf function's caller is found, and the chain goes to the program's start")
    func leaf() {
        check({ _ = ccc_recurse($0, 0) }) { names, chain in
            #expect(names.starts(with: ["ccc_leaf", "ccc_recurse"]), "\(names)")
            #expect(names.count > 4 && !chain.has(FL_CHAIN_GUESSED) && !chain.has(FL_CHAIN_CUT))
        }
    }

    @Test("a function that became a jump has no frame")
    func tailCall() {
        check({ _ = ccc_tail($0) }) { names, _ in
            #expect(names.first == "ccc_leaf" && !names.contains("ccc_tail"), "\(names)")
        }
    }

    @Test("deep recursion is cut, and the chain says so")
    func recursion() {
        check({ _ = ccc_recurse($0, 1000) }) { names, chain in
            #expect(names.count == 128 && chain.has(FL_CHAIN_CUT))
            #expect(names.dropFirst().allSatisfy { $0 == "ccc_recurse" })
        }
        let short = page.chain(limit: 5) { _ = ccc_recurse($0, 9) }
        #expect(short.count == 5 && short.has(FL_CHAIN_CUT))
    }

    @Test(
        "the caller of code without unwind information is found and marked as guessed",
        arguments: [(false, "ccc_bare", "?ccc_through_bare"), (true, "ccc_bare_frame", "?ccc_through_bare_frame")])
    func bare(keepsFrame: Bool, inner: String, outer: String) {
        check({ _ = keepsFrame ? ccc_through_bare_frame($0) : ccc_through_bare($0) }) { names, chain in
            #expect(names.starts(with: [inner, outer]), "\(names)")
            #expect(chain.has(FL_CHAIN_GUESSED))
            // What is outside has unwind information again.
            #expect(names.dropFirst(2).allSatisfy { !$0.hasPrefix("?") } && names.count > 4)
        }
    }

    @Test("a fault in a signal handler has the chain of the code that the signal interrupted")
    func inHandler() {
        check({ _ = ccc_in_handler($0) }) { names, chain in
            #expect(names.first == "ccc_leaf" && names.contains("ccc_in_handler"), "\(names)")
            #expect(!chain.has(FL_CHAIN_BROKEN))
        }
    }

    @Test("a stack that is realigned, of variable size and entered at other depths, is followed the same way each time")
    func realigned() {
        for bytes in [1, 64, 33, 4000, 64, 1] as [Int32] {
            check({ _ = ccc_realigned($0, bytes) }) { names, chain in
                #expect(names.starts(with: ["ccc_leaf", "ccc_realigned"]) && names.count > 4, "\(bytes): \(names)")
                #expect(!chain.has(FL_CHAIN_BROKEN))
            }
        }
        for depth in [0, 7, 3, 20, 0, 7, 90] as [Int32] {
            let chain = page.chain { _ = ccc_recurse($0, depth) }
            let names = chain.names(symbolizer)
            #expect(names.filter { $0 == "ccc_recurse" }.count == Int(depth) + 1, "\(depth): \(names)")
        }
    }

    @Test("steps that were made before are made from memory")
    func remembers() {
        fl_call_chain_forget()
        _ = page.chain { _ = ccc_recurse($0, 10) }
        _ = page.chain { _ = ccc_recurse($0, 10) }
        var before = (remembered: UInt64(0), unwound: UInt64(0))
        fl_call_chain_steps(&before.remembered, &before.unwound)
        // How many frames lie below the test differs: each chain has at least those of its recursion.
        let recursions: UInt64 = (0..<20).reduce(0) { $0 + $1 }
        for depth in 0..<20 { _ = page.chain { _ = ccc_recurse($0, Int32(depth)) } }
        var after = before
        fl_call_chain_steps(&after.remembered, &after.unwound)
        #expect(after.unwound - before.unwound < 60, "\(before) \(after)")
        #expect(after.remembered - before.remembered > recursions, "\(before) \(after)")
    }
}
