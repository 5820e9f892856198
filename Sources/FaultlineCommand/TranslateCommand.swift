import ArgumentParser
import Faultline
import FaultlineInspect
import FaultlineScenario

/// `faultline vtop`: how an address of a process is translated at a line of a program.
struct TranslateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vtop",
        abstract: "Run a program and show how an address is translated then: tables, entry, VMA, page, TLB.",
        discussion: """
            ADDRESS is PROCESS:EXPRESSION, such as c:p+4K with a name of the program. The layout is that of vtop in crash; the flags of pages are \
            named as page-types names them.
            """)

    @OptionGroup var moment: MomentArguments

    @Argument(help: ArgumentHelp("The address to translate.", valueName: "process:address"))
    var address: String

    func run() throws {
        try moment.look { moment in
            let place: ScenarioLocation
            do { place = try moment.session.location(address) } catch { throw ValidationError("\(error)") }
            let reader = TranslationReader(moment.machine) { moment.executor.processName($0) }
            Terminal.tell(try reader.text(ProcessID(place.process), place.address), as: .table)
        }
    }
}
