import Faultline

extension SimulatorExecutor {
    /// The system calls whose arguments are those of their raw form.
    func systemCall(_ call: EvaluatedCall, _ process: Int) throws -> StatementResult {
        if let result = try memoryCall(call, process) { return result }
        let a = call.arguments
        switch call.name {
        case .shmget: return file(try machine.shmget(process, key: a[0], size: a[1], flags: a[2]))
        case .shmat: return value(try machine.shmat(process, id: call.int(0), a[1], flags: a[2]))
        case .shmdt: try machine.shmdt(process, a[0])
        case .shmctl: return value(try machine.shmctl(process, id: call.int(0), command: call.int(1), buffer: a[2]))
        case .memfdCreate: return file(UInt64(try machine.memfdCreate(process, call.text ?? "", flags: a[0])))
        case .tmpfsFile: return file(UInt64(try machine.tmpfsFile(process, name: fileName(call), size: a[0])))
        case .diskFile: return file(UInt64(try machine.diskFile(process, name: fileName(call), size: a[0])))
        case .ftruncate: try machine.ftruncate(process, call.int(0), a[1])
        case .fallocate: try machine.fallocate(process, call.int(0), mode: call.int(1), a[2], a[3])
        case .fsync: try machine.fsync(process, call.int(0))
        case .close: try machine.close(process, call.int(0))
        case .pwrite:
            let byte = UInt8(truncatingIfNeeded: a[3])
            return value(try machine.pwrite(process, call.int(0), offset: a[1], length: a[2], byte: byte))
        case .pread: return value(try machine.pread(process, call.int(0), offset: a[1], length: a[2]))
        default: preconditionFailure("\(call.name.rawValue) has no implementation")
        }
        return value(0)
    }

    private func memoryCall(_ call: EvaluatedCall, _ process: Int) throws -> StatementResult? {
        let a = call.arguments
        switch call.name {
        case .mmap:
            return value(
                try machine.mmap(process, a[0], a[1], prot: a[2], flags: a[3], fd: call.int(4), offset: a[5]))
        case .munmap: try machine.munmap(process, a[0], a[1])
        case .mprotect: try machine.mprotect(process, a[0], a[1], prot: a[2])
        case .mremap: return value(try machine.mremap(process, a[0], a[1], a[2], flags: a[3], new: a[4]))
        case .madvise: try machine.madvise(process, a[0], a[1], advice: call.int(2))
        case .brk: return value(try machine.brk(process, a[0]))
        case .mlock: try machine.mlock(process, a[0], a[1])
        case .mlock2: try machine.mlock2(process, a[0], a[1], flags: a[2])
        case .munlock: try machine.munlock(process, a[0], a[1])
        case .mlockall: try machine.mlockall(process, flags: a[0])
        case .munlockall: try machine.munlockall(process)
        case .msync: try machine.msync(process, a[0], a[1], flags: call.int(2))
        case .remapFilePages:
            try machine.remapFilePages(process, a[0], a[1], prot: a[2], pgoff: a[3], flags: a[4])
        case .mseal: try machine.mseal(process, a[0], a[1], flags: a[2])
        case .prctl:
            if Self.otherOptions.contains(call.int(0)) { throw ExecutionFailure.notModelled(option: call.int(0)) }
            return value(try machine.prctl(process, call.int(0), a[1], a[2], a[3], a[4]))
        case .setrlimit: try machine.setrlimit(process, resource: call.int(0), limit: a[1])
        default: return nil
        }
        return value(0)
    }

    /// Options of prctl(2) that this kernel knows and that have nothing to do with memory.
    private static let otherOptions: Set<Int32> = Set(
        [
            1...4, 7...8, 13...16, 21...40, 47...47, 52...53, 57...59, 62...62, 71...71, 77...78,
            0x4155_5856...0x4155_5856,
        ]
        .joined())

    private func value(_ value: UInt64) -> StatementResult { StatementResult(.value(value)) }

    /// A descriptor or an id: the recording says `ok`, the name gets the number.
    private func file(_ number: UInt64) -> StatementResult {
        StatementResult(.ok, value: Int64(bitPattern: number))
    }

    private func fileName(_ call: EvaluatedCall) -> String { "file:\(call.assignedName ?? "")" }
}
