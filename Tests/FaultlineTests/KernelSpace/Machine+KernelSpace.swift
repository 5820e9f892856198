import Testing

@testable import Faultline

extension Machine {
    /// A machine that has the kernel's own memory.
    static func withKernelSpace(
        _ settings: KernelSettings = KernelSettings(), ramBytes: UInt64 = 256 << 20
    ) throws -> Machine {
        let machine = try Machine(ramBytes: ramBytes, settings: settings)
        #expect(machine.bringUpKernelSpace())
        return machine
    }
}
