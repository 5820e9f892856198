extension Machine {
    /// IPC_* and SHM_* commands of shmctl(2).
    private enum ShmCommand {
        static var remove: Int32 { 0 }
        static var set: Int32 { 1 }
        static var status: Int32 { 2 }
        static var info: Int32 { 3 }
        static var lock: Int32 { 11 }
        static var unlock: Int32 { 12 }
        static var statusByIndex: Int32 { 13 }
        static var usage: Int32 { 14 }
        static var statusAny: Int32 { 15 }
    }

    /// shmctl(2). The commands that fill a buffer write it to the caller's memory.
    ///
    /// - Throws: EINVAL for a segment or a command that does not exist, EFAULT for a buffer that cannot be accessed.
    package func shmctl(_ process: Int, id: Int32, command: Int32, buffer: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        if id < 0 { throw refuse(.EINVAL, .noSegment(Int64(id))) }
        if command < 0 { throw refuse(.EINVAL, .argument("cmd", .count(Int64(command)), "must not be negative")) }
        switch command {
        case ShmCommand.remove:
            guard let index = shm.index(id: id), let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            if segment.attachments > 0 {
                shm.segments[index]?.isDoomed = true
                shm.segments[index]?.key = 0
            } else {
                destroySegment(index)
            }
            return 0
        case ShmCommand.lock, ShmCommand.unlock:
            guard let index = shm.index(id: id) else { throw refuse(.EINVAL, .noSegment(Int64(id))) }
            shm.segments[index]?.isLocked = command == ShmCommand.lock
            return 0
        case ShmCommand.set:
            let mode = try readWord(task, buffer &+ ShmStatus.mode)
            guard let index = shm.index(id: id) else { throw refuse(.EINVAL, .noSegment(Int64(id))) }
            shm.segments[index]?.mode = mode & 0o777
            return 0
        case ShmCommand.status, ShmCommand.statusAny:
            guard let index = shm.index(id: id), let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            try copyOut(task, ShmStatus.bytes(of: segment), to: buffer)
            return 0
        case ShmCommand.statusByIndex:
            let index = Int(id & ((1 << ShmNamespace.indexBits) - 1))
            guard index < shm.segments.count, let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            try copyOut(task, ShmStatus.bytes(of: segment), to: buffer)
            return UInt64(segment.id)
        case ShmCommand.info:
            let words = [
                settings.shmMaxBytes, 1, UInt64(settings.shmMaxSegments), UInt64(settings.shmMaxSegments),
                settings.shmAllPages, 0, 0, 0, 0,
            ]
            try copyOut(task, words.flatMap(ShmStatus.bytes), to: buffer)
            return UInt64(max(0, shm.highestIndex))
        case ShmCommand.usage:
            let resident = shm.segments.reduce(UInt64(0)) { $0 + ($1?.mapping.pointee.pageCount ?? 0) }
            let words = [UInt64(shm.count), shm.pages, resident, 0, 0, 0]
            try copyOut(task, words.flatMap(ShmStatus.bytes), to: buffer)
            return UInt64(max(0, shm.highestIndex))
        default: throw refuse(.EINVAL, .argument("cmd", .count(Int64(command)), "no command has this number"))
        }
    }

    // MARK: The caller's memory

    /// `copy_to_user`: faults as the program's own writes do.
    private func copyOut(_ task: Process, _ bytes: [UInt8], to address: VirtualAddress) throws(Errno) {
        for (offset, byte) in bytes.enumerated() {
            guard case .physical(let place) = access(task, address &+ UInt64(offset), .write) else {
                throw refuse(.EFAULT, .badBuffer(address &+ UInt64(offset)))
            }
            frames.setByte(place, byte)
        }
    }

    /// `copy_from_user` of 32 bits.
    private func readWord(_ task: Process, _ address: VirtualAddress) throws(Errno) -> UInt32 {
        var word: UInt32 = 0
        for offset in 0..<UInt64(4) {
            guard case .physical(let place) = access(task, address &+ offset, .read) else {
                throw refuse(.EFAULT, .badBuffer(address &+ offset))
            }
            word |= UInt32(frames.byte(place)) << UInt32(offset * 8)
        }
        return word
    }
}

/// `struct shmid64_ds` as programs see it (`uapi/asm-generic/shmbuf.h`). Clocks stand at 0; the owner is root.
private enum ShmStatus {
    /// Offset of the mode.
    static var mode: UInt64 { 20 }

    static func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }

    static func bytes(of segment: ShmNamespace.Segment) -> [UInt8] {
        var mode = segment.mode
        if segment.isDoomed { mode |= 0o1000 }
        if segment.isLocked { mode |= 0o2000 }
        let words: [UInt64] = [
            UInt64(segment.key), 0, UInt64(mode) << 32, UInt64(segment.id >> ShmNamespace.indexBits), 0, 0,
            segment.mapping.pointee.size, 0, 0, 0,
            UInt64(UInt32(segment.creator)) | UInt64(UInt32(segment.lastUser)) << 32,
            UInt64(segment.attachments), 0, 0,
        ]
        return words.flatMap { bytes($0) }
    }
}
