import ArgumentParser
import Faultline
import FaultlineInspect

/// `faultline pt`: the page tables of a process at a line of a program.
struct PageTablesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pt",
        abstract: "Run a program and show the tree of page tables of a process then, with occupancy and bytes.")

    @OptionGroup var moment: MomentArguments

    @Argument(help: "The process, by the program's name for it; all if not given.")
    var process: String?

    func run() throws {
        try moment.look { moment in
            let processes = try process.map { [try moment.process($0)] } ?? moment.machine.liveProcesses
            for (index, process) in processes.enumerated() {
                if processes.count > 1 {
                    print((index == 0 ? "" : "\n") + "process \(moment.executor.processName(process.index))")
                }
                Terminal.tell(PageTableReader.text(try moment.machine.pageTables(process)), as: .table)
            }
        }
    }
}
