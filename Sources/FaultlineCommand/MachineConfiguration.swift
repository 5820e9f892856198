import ArgumentParser
import Faultline
import FaultlineHost
import FaultlineScenario

/// A simulated machine as the command line describes it. It can be made again and again, on any thread.
struct MachineConfiguration: Sendable {
    /// Simulated RAM in bytes.
    var ramBytes: UInt64 = 24 << 30
    /// The same as the user wrote it.
    var ramText = "24G"
    /// What a boot made of a firmware's map, which says then how much RAM there is.
    var boot: BootLayout?
    var settings = KernelSettings()
    var allocator = AllocatorSettings()
    var tlb = TLBGeometry.standard
    var first = SimulatorExecutor.FirstProcess.agent(seed: nil)
    /// Whether states have the VMAs that the first process starts with.
    var showsInitial = false

    /// RAM is of a size that cannot be.
    var ramError: ValidationError {
        ValidationError("--ram \(ramText): must be a multiple of 4K, at least 2M and at most 4T less 1G")
    }

    /// Makes the machine with its first process.
    ///
    /// - Throws: `ValidationError` and `CommandFailure`, which name the option that cannot be met.
    func makeExecutor() throws -> SimulatorExecutor {
        do {
            let executor = try SimulatorExecutor(
                ramBytes: ramBytes, boot: boot, settings: settings, allocator: allocator, tlb: tlb, first: first,
                showsInitial: showsInitial)
            executor.findProgram = ProgramImage.files
            return executor
        } catch let error as ELFError {
            throw CommandFailure("\(error)")
        } catch MachineError.ramSize {
            throw ramError
        } catch let error as Errno {
            throw CommandFailure(
                "the first process cannot be made: \(error.name); give the machine more with --ram, or look at what "
                    + "--sysctl sets (vm.overcommit_memory=2 allows what vm.overcommit_ratio leaves)")
        }
    }
}
