import Faultline
import FaultlineInspect

/// Physical memory and who owns it.
extension ShellAction {
    static let memory: ShellAction = ShellAction(
        name: "kmem", arguments: "-i|-f|-p [FRAME]|-s|-v|-z",
        summary: "Show memory use, free blocks, pages, slab caches, areas of vmalloc, zones.",
        details: "What -s and -v show comes into being with the first call that asks for it, such as kmalloc.",
        example: "goto 4; kmem -i",
        library: "machine.memoryInfo()"
    ) { arguments, shell in
        let reader = MemoryReader(shell.machine) { shell.executor.processName($0) }
        switch (arguments.first, arguments.count) {
        case ("-i", 1): return reader.use()
        case ("-f", 1): return reader.freeBlocks()
        case ("-z", 1): return reader.zones()
        case ("-p", 1): return reader.pages(shell.machine.usedFrames)
        case ("-p", 2): return reader.pages([try shell.value(arguments[1])])
        case ("-s", 1): return reader.slabCaches()
        case ("-v", 1): return reader.vmapAreas()
        default: throw ShellError("usage: kmem \(memory.arguments)")
        }
    }

    static let reverseMap: ShellAction = ShellAction(
        name: "rmap", arguments: "[PROCESS:]ADDRESS|FRAME",
        summary: "Show the chain from a page to everyone who maps it.",
        details: "A number below the machine's count of frames is a frame.", example: "goto 4; rmap p",
        library: "try machine.reverseMap(process, at: address)"
    ) { arguments, shell in
        try reverseMap.require(1...1, of: arguments)
        var (process, address) = try shell.location(arguments[0])
        if !arguments[0].contains(":"), address < shell.machine.frameCount {
            guard let place = shell.machine.mappings(ofFrame: address).first else {
                return "no process maps the frame\n"
            }
            (process, address) = (place.process, place.address)
        }
        let reader = ReverseMapReader { shell.executor.processName($0) }
        if let map = try shell.machine.reverseMap(process, at: address) { return reader.text(map) }
        return "no frame: \(reader.absence(in: try shell.machine.snapshot(process), at: address))\n"
    }

    static let anonVMA: ShellAction = ShellAction(
        name: "anon_vma", arguments: "[PROCESS ...]", summary: "Show the forest of anon_vmas with their chains.",
        details: "With processes, those that a VMA of theirs is linked to.", example: "goto 5; anon_vma",
        library: "machine.anonVMAForest"
    ) { arguments, shell in
        let processes = try arguments.map { try shell.process($0) }
        return ForestReader { shell.executor.processName($0) }.text(shell.machine.anonVMAForest, of: processes)
    }

    static let fileMappers: ShellAction = ShellAction(
        name: "i_mmap", arguments: "[FILE]", summary: "Show files with the VMAs that map them.",
        details: "FILE is a name as maps shows it, or a number.", example: "i_mmap /agent",
        library: "machine.files.map { machine.mappers(ofFile: $0.number) }"
    ) { arguments, shell in
        try fileMappers.require(0...1, of: arguments)
        let files = shell.machine.files.filter { file in
            arguments.first.map { $0 == file.name || $0 == String(file.number) } ?? true
        }
        if files.isEmpty {
            throw ShellError("no such file; there are \(shell.machine.files.map(\.name).joined(separator: ", "))")
        }
        return ForestReader { shell.executor.processName($0) }.text(files, mappers: shell.machine.mappers)
    }

    static let swap: ShellAction = ShellAction(
        name: "swap", arguments: "", summary: "Show the swap areas with what is used of them.",
        details: "There is one at most, which swapon made. The record of the area has no address here.",
        example: "goto 4; swap",
        library: "try ProcFiles(machine) { \"process \\($0)\" }.read(\"/proc/swaps\")"
    ) { arguments, shell in
        try swap.require(0...0, of: arguments)
        let head = "SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME\n"
        guard let area = shell.machine.swapArea else { return head }
        let (size, used) = ("\(area.slots * 4)k".right(10), "\(area.used * 4)k".right(10))
        let share = "\(area.used * 100 / area.slots)%".right(5)
        let type = area.isDevice ? "PARTITION" : "  FILE   "
        return head + "               -  \(type)\(size) \(used)   \(share)   -2  \(area.path)\n"
    }

    static let lru: ShellAction = ShellAction(
        name: "lru", arguments: "", summary: "Show pages by list, and those that wait in the CPU's batches.",
        example: "goto 4; lru", library: "machine.folioBatches"
    ) { _, shell in MemoryReader(shell.machine) { shell.executor.processName($0) }.lists() }
}
