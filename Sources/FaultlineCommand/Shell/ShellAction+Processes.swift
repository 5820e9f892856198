import Faultline
import FaultlineInspect

/// Processes and their address spaces.
extension ShellAction {
    static let processes: ShellAction = ShellAction(
        name: "ps", arguments: "", summary: "List the live processes; > is the current one.", example: "goto 4; ps",
        library: "try machine.liveProcesses.map { try machine.addressSpace($0) }"
    ) { _, shell in
        try shell.processReader.list(current: shell.current)
    }

    static let set: ShellAction = ShellAction(
        name: "set", arguments: "[PROCESS]",
        summary: "Make a process the current one, which others mean that name none.",
        example: "goto 4; set c", library: "try machine.taskView(process)"
    ) { arguments, shell in
        try set.require(0...1, of: arguments)
        shell.current = try shell.process(arguments.first)
        return try shell.processReader.describe(shell.current)
    }

    static let vm: ShellAction = ShellAction(
        name: "vm", arguments: "[-p] [PROCESS]",
        summary: "Show an address space, VMA by VMA; -p with the pages that are there.",
        example: "goto 4; vm -p c", library: "try machine.vmaDetails(process)"
    ) { arguments, shell in
        let names = arguments.filter { $0 != "-p" }
        try vm.require(0...1, of: names)
        let reader = ProcessReader(shell.machine) { shell.executor.processName($0) }
        return try reader.addressSpace(shell.process(names.first), listsPages: arguments.contains("-p"))
    }

    static let structure: ShellAction = ShellAction(
        name: "struct",
        arguments: "page FRAME | vm_area_struct [PROCESS:]ADDRESS | mm_struct [PROCESS] | anon_vma NUMBER",
        summary: "Show what a structure of the kernel holds, as far as it is modelled.",
        example: "goto 4; struct vm_area_struct c:p", library: "machine.frame(0x100005)"
    ) { arguments, shell in
        try structure.require(1...2, of: arguments)
        let reader = StructureReader(shell.machine) { shell.executor.processName($0) }
        let argument = arguments.count > 1 ? arguments[1] : nil
        let text: String?
        switch (arguments[0], argument) {
        case ("page", let frame?): text = reader.page(try shell.value(frame))
        case ("vm_area_struct", let place?):
            let (process, address) = try shell.location(place)
            text = try reader.area(process, at: address)
        case ("mm_struct", _): text = try reader.addressSpace(try shell.process(argument))
        case ("anon_vma", let number?): text = reader.anonVMA(try shell.value(number))
        default: throw ShellError("usage: struct \(structure.arguments)")
        }
        guard let text else { throw ShellError("there is no \(arguments[0]) \(argument ?? "")") }
        return text
    }

    static let tree: ShellAction = ShellAction(
        name: "tree", arguments: "[PROCESS]", summary: "Show the tree that finds the VMAs of a process, node by node.",
        details: "Linux has a maple tree in its place (mm_mt); this one answers the same questions.",
        example: "goto 4; tree",
        library: "try machine.vmaTree(process)"
    ) { arguments, shell in
        try tree.require(0...1, of: arguments)
        return VMATreeReader.text(try shell.machine.vmaTree(shell.process(arguments.first)))
    }

    static let file: ShellAction = ShellAction(
        name: "cat", arguments: "PATH",
        summary: "Print a file of /proc as the kernel does; self is the current process.",
        kind: .file, example: "goto 4; cat /proc/c/statm",
        library: "try ProcFiles(machine) { \"process \\($0)\" }.read(\"/proc/self/statm\")"
    ) { arguments, shell in
        try file.require(1...1, of: arguments)
        let files = ProcFiles(shell.machine, current: shell.current) { shell.executor.processName($0) }
        do {
            switch try files.read(arguments[0]) {
            case .text(let text, _): return text
            case .words(let words): return words.text()
            }
        } catch { throw ShellError("\(error)") }
    }
}
