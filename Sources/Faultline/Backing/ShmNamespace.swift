/// The System V segments of the machine: `struct ipc_ids` of shared memory.
struct ShmNamespace {
    /// `struct shmid_kernel`.
    struct Segment {
        var key: UInt32
        let id: Int32
        /// Held by the segment itself.
        let mapping: Handle<FileMapping>
        /// `shm_segsz`, in bytes: what shmget was asked for; the file of a segment of huge pages is larger.
        let size: UInt64
        /// VMAs that map it, and attachments under way.
        var attachments: Int32 = 0
        /// SHM_DEST: goes with its last attachment.
        var isDoomed = false
        /// Permission bits, as shmget and IPC_SET gave them.
        var mode: UInt32
        /// SHM_LOCK: the user whose RLIMIT_MEMLOCK it counts for; nil while the segment is not locked.
        var lockedFor: UInt32?
        /// `uid`, `gid` and `cuid`: owner and maker. The maker's group is 0, as everyone's.
        var owner: UInt32
        var ownerGroup: UInt32 = 0
        let maker: UInt32
        /// Makers and last users, by process index.
        var creator: Int32
        var lastUser: Int32 = 0
    }

    /// By index, which is the low part of the id.
    var segments: [Segment?] = []
    /// `last_idx` and `seq`: an index that is used again gets a new id.
    var lastIndex = -1
    var sequence: Int32 = 0
    /// `UCOUNT_RLIMIT_MEMLOCK`: pages that each user's SHM_LOCK holds.
    var lockedPages: [UInt32: UInt64] = [:]
    /// `shm_tot`.
    var pages: UInt64 = 0
    /// The number of the name /dev/zero once it is known.
    var zeroName: Int32 = -1

    init() {}

    /// `IPCMNI_SHIFT`.
    static var indexBits: Int32 { 15 }

    var count: Int { segments.reduce(0) { $1 == nil ? $0 : $0 + 1 } }

    /// The highest index in use, or -1.
    var highestIndex: Int { segments.lastIndex { $0 != nil } ?? -1 }

    func index(key: UInt32) -> Int? { segments.firstIndex { $0?.key == key } }

    /// `ipc_obtain_object_check`.
    func index(id: Int32) -> Int? {
        guard id >= 0 else { return nil }
        let index = Int(id & ((1 << Self.indexBits) - 1))
        guard index < segments.count, segments[index]?.id == id else { return nil }
        return index
    }
}

extension Machine {
    /// `shm_open` of a VMA.
    func attachSegment(_ mapping: Handle<FileMapping>) {
        guard let index = shm.index(id: mapping.pointee.shmID) else { return }
        shm.segments[index]?.attachments += 1
    }

    /// `shm_close`: the last attachment takes a doomed segment with it.
    func detachSegment(_ mapping: Handle<FileMapping>) {
        guard let index = shm.index(id: mapping.pointee.shmID), let segment = shm.segments[index] else { return }
        shm.segments[index]?.attachments -= 1
        if segment.attachments == 1, segment.isDoomed { destroySegment(index) }
    }

    /// SHM_UNLOCK, also of a segment that goes.
    func unlockSegment(_ index: Int) {
        guard let segment = shm.segments[index], let user = segment.lockedFor else { return }
        shm.lockedPages[user, default: 0] -= segment.mapping.pointee.endIndex
        shm.segments[index]?.lockedFor = nil
    }

    /// `shm_destroy`.
    func destroySegment(_ index: Int) {
        guard let segment = shm.segments[index] else { return }
        unlockSegment(index)
        shm.segments[index] = nil
        shm.pages -= segment.size.pageCountUp
        segment.mapping.pointee.shmID = -1
        putMapping(segment.mapping)
    }
}
