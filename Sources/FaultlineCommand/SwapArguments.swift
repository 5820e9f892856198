import ArgumentParser
import Faultline
import FaultlineScenario

/// The swap area that a machine has from the start: options of `run` and `fit`.
struct SwapArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("A swap area on the disk that is on from the start, such as 1G.", valueName: "size"))
    var swap: String?

    @Option(
        help: ArgumentHelp(
            "vm.swappiness: how readily anonymous pages go there, 0 to 200; 60 where it is not given.",
            valueName: "number"))
    var swappiness: UInt64?

    /// Whether one of them was given.
    var isGiven: Bool { swap != nil || swappiness != nil }

    func validate() throws {
        if let swappiness, swappiness > 200 { throw ValidationError("--swappiness \(swappiness): give 0 to 200") }
        if let swap, ByteCount(swap) == nil {
            throw ValidationError("--swap \(swap): give a number of bytes, or one with K, M, G or T, such as 1G")
        }
    }

    /// Sets what a machine is made with.
    func apply(to configuration: inout MachineConfiguration) {
        if let swappiness { configuration.settings.swappiness = swappiness }
    }

    /// Turns the area on.
    func turnOn(_ machine: Machine) throws {
        guard let swap, let bytes = ByteCount(swap)?.bytes else { return }
        do { try machine.swapOn(bytes: bytes) } catch {
            throw ValidationError("--swap \(swap): a swap area has 8K to 64G, its header of 4K among them")
        }
    }
}
