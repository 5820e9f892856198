import Faultline

/// Prints processes and address spaces in the layout of `ps`, `set` and `vm` in the debugger crash.
public struct ProcessReader {
    private let machine: Machine
    private let processName: (Int) -> String
    private let waiting: [Int: String]

    /// Makes a reader.
    ///
    /// - Parameter waiting: by a process's index what it waits for, such as `MISSING at 0x1000`.
    public init(_ machine: Machine, waiting: [Int: String] = [:], processName: @escaping (Int) -> String) {
        self.machine = machine
        self.waiting = waiting
        self.processName = processName
    }

    /// The live processes, with a mark at the current one.
    public func list(current: ProcessID) throws(Errno) -> String {
        let total = max(machine.zones.reduce(0) { $0 + $1.managed }, 1)
        var text = "      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM\n"
        for process in machine.liveProcesses {
            let space = try machine.addressSpace(process)
            let task = try machine.taskView(process)
            let parent = task.parent.map(Self.number) ?? "0"
            let tenths = UInt64(space.rssPages) * 1000 / total
            text += process == current ? ">" : " "
            text +=
                Self.number(process).right(8) + parent.right(8) + "\(task.cpu)".right(5) + "  "
                + "task#\(process.index)".left(16) + stateLetters(process).left(4)
            text +=
                "\(tenths / 10).\(tenths % 10)".right(4) + (space.totalVM * 4).right(9) + (space.rssPages * 4).right(9)
            text += "  " + processName(process.index) + "\n"
        }
        return text
    }

    /// Whether a process waits: for a userfaultfd as the machine knows it, for anything else as the reader's maker says.
    private func waits(_ process: ProcessID) -> Bool {
        machine.sleep(of: process) != nil || waiting[process.index] != nil
    }

    /// One process.
    public func describe(_ process: ProcessID) throws(Errno) -> String {
        let space = try machine.addressSpace(process)
        let task = try machine.taskView(process)
        return """
                PID: \(Self.number(process))
            COMMAND: "\(processName(process.index))"
               TASK: task#\(process.index)
                 MM: mm#\(space.number) (\(space.users) \(space.users == 1 ? "user" : "users"))
                CPU: \(task.cpu)
              STATE: \(state(process))
             FAULTS: \(task.minorFaults) minor, \(task.majorFaults) major

            """
    }

    /// As crash has it: running or ready, interruptible, or not (TASK_KILLABLE).
    private func stateLetters(_ process: ProcessID) -> String {
        if !waits(process) { return "RU" }
        return machine.sleepsInterruptibly(process) ? "IN" : "UN"
    }

    private func state(_ process: ProcessID) -> String {
        guard waits(process) else { return "TASK_RUNNING" }
        let state = machine.sleepsInterruptibly(process) ? "TASK_INTERRUPTIBLE" : "TASK_KILLABLE"
        return state + (waiting[process.index].map { ", waits for \($0)" } ?? "")
    }

    /// An address space, VMA by VMA.
    ///
    /// - Parameter listsPages: with the pages that are in memory.
    public func addressSpace(_ process: ProcessID, listsPages: Bool) throws(Errno) -> String {
        let space = try machine.addressSpace(process)
        let cpu = try machine.cpu(of: process)
        var text =
            "PID: \(Self.number(process).left(8)) TASK: \("task#\(process.index)".left(16))  CPU: \("\(cpu)".left(3))  COMMAND: \"\(processName(process.index))\"\n"
        text += "       MM               PGD          RSS    TOTAL_VM\n"
        text +=
            "mm#\(space.number)".right(9) + (space.pgd << 12).hex().right(17) + "\(space.rssPages * 4)k".right(13)
            + "\(space.totalVM * 4)k".right(12) + "\n"
        let reader = TranslationReader(machine, processName: processName)
        if !listsPages { text += TranslationReader.vmaHeader }
        for (index, area) in try machine.vmaDetails(process).enumerated() {
            if listsPages { text += TranslationReader.vmaHeader }
            text += reader.vma(area, process, index)
            if listsPages { text += try pages(process, area) }
        }
        return text
    }

    private func pages(_ process: ProcessID, _ area: VMADetails) throws(Errno) -> String {
        var text = "VIRTUAL         PHYSICAL\n"
        var count: UInt64 = 0
        try machine.forEachEntry(process, in: area.start..<area.end) { address, entry in
            guard EntryFlags.isPresent(entry) else { return }
            count += 1
            text += address.hex().left(16) + (EntryFlags.frame(entry) << 12).hex() + "\n"
        }
        let absent = (area.end - area.start) >> 12 - count
        if absent > 0 { text += "\(absent) \(absent == 1 ? "page" : "pages") (not mapped)\n" }
        return text
    }

    /// The process id that the first process has is 1000; the others follow.
    private static func number(_ process: ProcessID) -> String { String(ProcFiles.firstProcessID + process.index) }
}
