import Foundation

/// The kernel's trace of a process, in an instance of its own, which goes with the shell that made it. Events without a system are of kmem.
final class KernelTrace {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init?(_ events: [String], of pid: Int32) {
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        let names = events.map { $0.contains("/") ? $0 : "kmem/" + $0 }
        let script = """
            mount -t tracefs none /sys/kernel/tracing 2>/dev/null
            cd /sys/kernel/tracing/instances || exit 1
            mkdir faultline.$$ && cd faultline.$$ || exit 1
            echo \(pid) > set_event_pid
            for event in \(names.joined(separator: " ")); do echo 1 > events/$event/enable; done; echo ready
            read line
            echo 0 > events/enable; cat trace; cd ..; rmdir faultline.$$
            """
        process.arguments = ["-m", "sh", "-c", script]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil, output.fileHandleForReading.availableData == Data("ready\n".utf8) else {
            return nil
        }
    }

    func finish() -> String {
        input.fileHandleForWriting.write(Data("\n".utf8))
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
