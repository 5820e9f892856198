import Faultline
import FaultlineHost
import FaultlineInspect
import Foundation
import Glibc

/// Starts a program on the simulator or on the live kernel, for a comparison.
enum StartedProgram {
    /// What execve makes of a file.
    enum Outcome: Equatable {
        case maps(String)
        case refused(Int32)
        case died
        case notModelled
    }

    static func simulated(_ execution: Execution) throws -> String {
        let image = try ProgramImage(path: execution.path)
        var execution = execution
        execution.scripts = image.scripts
        let machine = try Machine()
        let process = try machine.start(image.program, interpreter: image.interpreter, execution)
        if let broken = machine.checkInvariants() { throw BrokenInvariant(description: broken) }
        return MapsReader(identity: ProgramImage.identity).text(try machine.snapshot(process))
    }

    struct BrokenInvariant: Error, CustomStringConvertible { let description: String }

    static func live(_ execution: Execution) throws -> String {
        // A minute: on a busy machine the child may wait long for its turn.
        for _ in 0..<6000 {
            do { return try StoppedProgram.maps(execution) } catch {
                guard case .host(_, let number) = error, number == ETXTBSY else { throw error }
                // Another test forks while the file is open for writing: the child has it until its exec.
                usleep(10_000)
            }
        }
        return try StoppedProgram.maps(execution)
    }

    static func outcome(_ start: (Execution) throws -> String, _ execution: Execution) throws -> Outcome {
        do { return .maps(try start(execution)) } catch let error as ELFError {
            switch error.consequence {
            case .refused: return .refused(error.errno.rawValue)
            case .fatal: return .died
            case .notModelled: return .notModelled
            }
        } catch let error as LiveError {
            switch error {
            case .host(_, let number): return .refused(number)
            case .diedInExec: return .died
            // Directories, and files without the permission.
            case .unsupported: return .refused(EACCES)
            default: throw error
            }
        }
    }

    /// Makes an executable file for as long as the body runs.
    static func withFile(_ bytes: [UInt8], suffix: String = "", _ body: (String) throws -> Void) throws {
        let path = "/var/tmp/faultline-\(UUID().uuidString)\(suffix)"
        defer { unlink(path) }
        let descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o755)
        if descriptor < 0 { throw LiveError.host(action: "make \(path)", errno: errno) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        try file.write(contentsOf: Data(bytes))
        close(descriptor)
        try body(path)
    }
}
