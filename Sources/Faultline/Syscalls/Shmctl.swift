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
    /// - Throws: EINVAL for a segment or a command that does not exist, EFAULT for a buffer that cannot be accessed, EACCES for
    ///   the segment's permissions, EPERM for one who is not its owner, ENOMEM for RLIMIT_MEMLOCK.
    package func shmctl(_ process: Int, id: Int32, command: Int32, buffer: UInt64) throws(Errno) -> UInt64 {
        let task = try caller(process)
        if id < 0 { throw refuse(.EINVAL, .noSegment(Int64(id))) }
        if command < 0 { throw refuse(.EINVAL, .argument("cmd", .count(Int64(command)), "must not be negative")) }
        switch command {
        case ShmCommand.remove:
            guard let index = shm.index(id: id), let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            try checkOwner(task, segment)
            if segment.attachments > 0 {
                shm.segments[index]?.isDoomed = true
                shm.segments[index]?.key = 0
            } else {
                destroySegment(index)
            }
            return 0
        case ShmCommand.lock, ShmCommand.unlock:
            guard let index = shm.index(id: id), let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            try checkLocking(task, segment, locks: command == ShmCommand.lock)
            if command == ShmCommand.lock { try lockSegment(task, index) } else { unlockSegment(index) }
            return 0
        case ShmCommand.set:
            let words = try readWords(task, buffer, count: ShmStatus.byteCount / 4)
            guard let index = shm.index(id: id), let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            try checkOwner(task, segment)
            for (name, place) in [("shm_perm.uid", ShmStatus.owner), ("shm_perm.gid", ShmStatus.ownerGroup)]
            where words[place] == .max { throw refuse(.EINVAL, .argument(name, .count(-1), "names no one")) }
            shm.segments[index]?.owner = words[ShmStatus.owner]
            shm.segments[index]?.ownerGroup = words[ShmStatus.ownerGroup]
            shm.segments[index]?.mode = words[ShmStatus.mode] & 0o777
            return 0
        case ShmCommand.status:
            guard let index = shm.index(id: id), let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            try checkPermission(task, segment, wants: 4)
            try copyOut(task, ShmStatus.bytes(of: segment), to: buffer)
            return 0
        case ShmCommand.statusByIndex, ShmCommand.statusAny:
            let index = Int(id & ((1 << ShmNamespace.indexBits) - 1))
            guard index < shm.segments.count, let segment = shm.segments[index] else {
                throw refuse(.EINVAL, .noSegment(Int64(id)))
            }
            if command == ShmCommand.statusByIndex { try checkPermission(task, segment, wants: 4) }
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

    /// `copy_from_user` of words of 32 bits.
    private func readWords(_ task: Process, _ address: VirtualAddress, count: Int) throws(Errno) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: count)
        for offset in 0..<UInt64(count * 4) {
            guard case .physical(let place) = access(task, address &+ offset, .read) else {
                throw refuse(.EFAULT, .badBuffer(address &+ offset))
            }
            words[Int(offset / 4)] |= UInt32(frames.byte(place)) << UInt32(offset % 4 * 8)
        }
        return words
    }
}

/// `struct shmid64_ds` as programs see it (`uapi/asm-generic/shmbuf.h`). Clocks stand at 0.
private enum ShmStatus {
    /// Its size, and the places of some of its words of 32 bits.
    static var byteCount: Int { 112 }
    static var owner: Int { 1 }
    static var ownerGroup: Int { 2 }
    static var mode: Int { 5 }

    static func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }

    static func bytes(of segment: ShmNamespace.Segment) -> [UInt8] {
        var mode = segment.mode
        if segment.isDoomed { mode |= 0o1000 }
        if segment.lockedFor != nil { mode |= 0o2000 }
        let words: [UInt64] = [
            UInt64(segment.key) | UInt64(segment.owner) << 32,
            UInt64(segment.ownerGroup) | UInt64(segment.maker) << 32, UInt64(mode) << 32,
            UInt64(segment.id >> ShmNamespace.indexBits), 0, 0, segment.size, 0, 0, 0,
            UInt64(UInt32(segment.creator)) | UInt64(UInt32(segment.lastUser)) << 32,
            UInt64(segment.attachments), 0, 0,
        ]
        return words.flatMap { bytes($0) }
    }
}
