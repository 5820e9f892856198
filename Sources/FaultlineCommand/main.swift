import ArgumentParser
import FaultlineHost
import Glibc

if !ExitStatus.hasOutput {
    StandardError.write("Error: standard output is closed; give it a file or a terminal")
    exit(ExitStatus.couldNotRun)
}
if !HostFaults.report() { StandardError.write("note: faults of the program itself will not be reported") }

var command: any ParsableCommand
do { command = try FaultlineTool.parseAsRoot() } catch { FaultlineTool.exit(withError: error) }

var failure: (any Error)?
do { try command.run() } catch { failure = error }
do { try ExitStatus.flushOutput() } catch { failure = failure ?? error }
if let failure {
    // A request for help comes as an error that is none.
    if FaultlineTool.exitCode(for: failure).isSuccess { FaultlineTool.exit(withError: failure) }
    if let message = ExitStatus.message(of: failure, in: command) { StandardError.write(message) }
    exit(ExitStatus.status(of: failure))
}
