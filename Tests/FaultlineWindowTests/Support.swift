import Faultline
import FaultlineWindow
import Testing

/// Where the programs of the tests map their memory.
let W: UInt64 = 0x1000_0000_0000

func page(_ number: UInt64) -> UInt64 { W + number << 12 }

/// A machine, a process with memory at ``W``, and a window of it.
struct Scene {
    let machine: WindowMachine
    let process: WindowProcess
    let window: AddressWindow

    init(
        pages: UInt64 = 16, windowPages: UInt64 = 64, settings: KernelSettings = KernelSettings(),
        options: WindowOptions = WindowOptions(), protection: Protection = .readWrite,
        flags: MapFlags = [.private, .anonymous, .fixed]
    ) throws {
        machine = try WindowMachine(ramBytes: 256 << 20, settings: settings)
        process = try machine.spawn()
        if pages > 0 { try process.mmap(at: W, length: pages << 12, protection: protection, flags: flags) }
        window = try AddressWindow(process, W..<page(windowPages), options)
    }

    /// Faults of the process since the last question.
    func faults(_ body: () throws -> Void) rethrows -> UInt64 {
        let before = process.faultCounts.minor
        try body()
        return process.faultCounts.minor - before
    }

    /// The whole machine is as it should be, the windows too.
    func check(_ place: SourceLocation = #_sourceLocation) {
        let problem = machine.withMachine { $0.checkInvariants() }
        #expect(problem == nil, sourceLocation: place)
    }
}

/// The refusal that code in a window met, or nil.
func refusal(_ body: () throws -> Void) throws -> RefusedAccess? {
    do { try body() } catch WindowError.refused(let access) { return access }
    return nil
}
