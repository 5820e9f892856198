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
        #expect(text.contains("faultline: host SIGSEGV: read of host address 0x"), "\(text)")
        #expect(text.contains("physical address 0x5123 (frame 0x5) of a machine whose frames end at 0x40"))
        #expect(text.contains(fl_unwind_available() ? " fl_ram_read + " : "built without libunwind"), "\(text)")
    }

    @Test("a broken invariant is reported with the function's name")
    func brokenInvariant() async throws {
        let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            precondition(fl_fault_shim_install())
            breakAnInvariant(Int(getpid()))
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("an invariant does not hold"), "\(text)")
        #expect(text.contains(fl_unwind_available() ? "breakAnInvariant" : "built without libunwind"), "\(text)")
    }
}

@inline(never)
private func breakAnInvariant(_ number: Int) { precondition(number < 0, "a process has no negative number") }
