import ArgumentParser
import FaultlineHost
import Glibc

/// Ends the command: help and the like go to the output, what is wrong to standard error.
func end(_ error: (any Error)?, saying message: String?) -> Never {
    var status = error.map(ExitStatus.status) ?? 0
    var message = message
    // A request for help comes as an error that is none.
    if let text = message, status == 0 {
        print(text)
        message = nil
    }
    do { try ExitStatus.flushOutput() } catch {
        // What was lost counts for more than what was in it.
        (status, message) = (ExitStatus.couldNotRun, "Error: \(error)")
    }
    if let message { StandardError.write(message) }
    exit(status)
}

Signals.unblockEndings()
let hasOutput = ExitStatus.hasOutput
StandardError.occupyClosedDescriptors()
if !hasOutput {
    StandardError.write("Error: standard output is closed; give it a file or a terminal")
    exit(ExitStatus.couldNotRun)
}
if !HostFaults.report() { StandardError.write("note: faults of the program itself will not be reported") }

if let text = LanguageHelp.text(for: CommandLine.arguments.dropFirst()) { end(nil, saying: text) }

var command: any ParsableCommand
do {
    command = try FaultlineTool.command(FaultlineTool.expanded(Array(CommandLine.arguments.dropFirst())))
} catch { end(error, saying: FaultlineTool.fullMessage(for: error)) }
do { try command.run() } catch {
    let isRequest = ExitStatus.status(of: error) == 0
    end(error, saying: isRequest ? FaultlineTool.fullMessage(for: error) : ExitStatus.message(of: error, in: command))
}
end(nil, saying: nil)
