import CShim
import Foundation
import Testing

/// What is said of a host fault before the process ends.
struct FaultShimTests {
    @Test("an address in simulated RAM is found with its physical address, and one shortly behind it too")
    func findsRAM() {
        var ram = fl_ram()
        #expect(fl_ram_create(&ram, 64 << 12) == FL_OK)
        var place = fl_fault_place()
        #expect(fl_fault_shim_find(ram.base + 0x5123, &place))
        #expect(place.inside && place.physical == 0x5123 && place.ram_bytes == 64 << 12)
        #expect(!fl_fault_shim_find(nil, &place))
        let base = ram.base!
        fl_ram_destroy(&ram)
        // Other tests have RAM too: this one must not be found as its own any more.
        #expect(!fl_fault_shim_find(base + 0x5123, &place) || place.physical != 0x5123 || place.ram_bytes != 64 << 12)
    }

    @Test("a host fault in simulated RAM is reported with its frame and a backtrace, and ends the process")
    func faultInRAM() async throws {
        let result = try await #require(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
            var ram = fl_ram()
            precondition(fl_ram_create(&ram, 64 << 12) == FL_OK && fl_fault_shim_install())
            precondition(mprotect(ram.base + 0x5000, 4096, PROT_NONE) == 0)
            var byte: UInt8 = 0
            _ = fl_ram_read(&ram, 0x5123, &byte, 1)
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("BUG: faultline: host SIGSEGV: read of host address 0x"), "\(text)")
        #expect(text.contains("physical address 0x5123 (frame 0x5) of a machine whose frames end at 0x40"))
        #expect(text.contains(fl_unwind_available() ? "\n fl_ram_read+0x" : "built without libunwind"), "\(text)")
        try checkForm(text)
    }

    /// The parts of the report in their order, as in a kernel's oops.
    private func checkForm(_ text: String) throws {
        let report = text[try #require(text.range(of: "BUG: ")).lowerBound...]
        var lines = report.split(separator: "\n").map(String.init)
        #if arch(x86_64)
            let forms = [
                "BUG: faultline: host SIG.*", "CPU: [0-9]+ PID: [0-9]+ Comm: .+ Linux .+ x86_64",
                "RIP: 0033:.+", "Code:( [0-9a-f]{2})* <[0-9a-f]{2}>( [0-9a-f]{2})*",
                "RSP: [0-9a-f]{16} EFLAGS: [0-9a-f]{8}", "RAX: [0-9a-f]{16} RBX: [0-9a-f]{16} RCX: [0-9a-f]{16}",
                "RDX: .*", "RBP: .*", "R10: .*", "R13: .*", "CR2: [0-9a-f]{16} ERR: [0-9a-f]{4} TRAPNO: [0-9a-f]{4}",
            ]
            for form in forms {
                let line = lines.removeFirst()
                #expect(line.range(of: "^\(form)$", options: .regularExpression) != nil, "\(line) is not \(form)")
            }
            #expect(lines.prefix(2) == ["Call Trace:", " <TASK>"])
        #endif
        let end = try #require(lines.firstIndex(of: "---[ end trace 0000000000000000 ]---"), "\(text)")
        #expect(lines[end - 1] == " </TASK>")
        guard fl_unwind_available() else { return }
        #expect(
            lines.prefix(end).contains {
                $0.range(of: "^ .+\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[.+\\]$", options: .regularExpression) != nil
            })
    }

    @Test("a broken invariant is reported with the function's name")
    func brokenInvariant() async throws {
        let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            precondition(fl_fault_shim_install())
            breakAnInvariant(Int(getpid()))
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("an invariant of the engine does not hold"), "\(text)")
        #expect(text.contains(fl_unwind_available() ? "breakAnInvariant" : "built without libunwind"), "\(text)")
        try checkForm(text)
    }
}

@inline(never)
private func breakAnInvariant(_ number: Int) { precondition(number < 0, "a process has no negative number") }
