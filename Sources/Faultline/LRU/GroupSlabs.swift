/// The kernel's own objects that a memory cgroup is charged for (`SLAB_ACCOUNT`): how many there are of each kind.
///
/// Reclaim of shadow nodes counts their pages as pages of the group (`count_shadow_nodes`). Object sizes are those of 6.18 on x86-64, with the
/// pointer that each charged object has besides (`obj_full_size`).
struct GroupSlabs {
    /// Processes, address spaces, VMAs, and what of the reverse mapping they have.
    var processes: Int64 = 0, addressSpaces: Int64 = 0, vmas: Int64 = 0, anonVMAs: Int64 = 0, chains: Int64 = 0
    /// Open files, files on the disk and in memory, and the nodes of their page caches.
    var openFiles: Int64 = 0, diskFiles: Int64 = 0, memoryFiles: Int64 = 0, nodes: Int64 = 0

    /// The pages that they fill. The kernel keeps two sums, and rounds each down.
    var pages: UInt64 {
        var other = processes * Self.processBytes + addressSpaces * Self.addressSpaceBytes
        other += vmas * Self.vmaBytes + anonVMAs * Self.anonVMABytes + chains * Self.chainBytes
        other += openFiles * Self.openFileBytes
        let reclaimable =
            diskFiles * Self.diskFileBytes + memoryFiles * Self.memoryFileBytes + nodes * Self.nodeBytes
        return UInt64(max(0, other) >> 12) + UInt64(max(0, reclaimable) >> 12)
    }

    /// Those that came since.
    static func - (now: GroupSlabs, before: GroupSlabs) -> GroupSlabs {
        GroupSlabs(
            processes: now.processes - before.processes, addressSpaces: now.addressSpaces - before.addressSpaces,
            vmas: now.vmas - before.vmas, anonVMAs: now.anonVMAs - before.anonVMAs, chains: now.chains - before.chains,
            openFiles: now.openFiles - before.openFiles, diskFiles: now.diskFiles - before.diskFiles,
            memoryFiles: now.memoryFiles - before.memoryFiles, nodes: now.nodes - before.nodes)
    }

    // What a fork adds without its VMAs was measured on 6.18.44: 13,401 to 13,539 bytes, by how many children keep one node more.
    private static var processBytes: Int64 { 13_470 - addressSpaceBytes }
    /// `mm_struct`.
    private static var addressSpaceBytes: Int64 { 1608 }
    /// `vm_area_struct`, `anon_vma`, `anon_vma_chain`.
    private static var vmaBytes: Int64 { 200 }
    private static var anonVMABytes: Int64 { 112 }
    private static var chainBytes: Int64 { 72 }
    /// `file`.
    private static var openFileBytes: Int64 { 200 }
    /// `ext4_inode_info`, `shmem_inode_info`, each with its `dentry`.
    private static var diskFileBytes: Int64 { 1336 }
    private static var memoryFileBytes: Int64 { 960 }
    /// `xa_node`.
    private static var nodeBytes: Int64 { 592 }
}

extension Machine {
    /// All there are now.
    var slabs: GroupSlabs {
        let onDisk = Int64(diskFiles.liveCount)
        // The device's own file came with the machine.
        let device: Int64 = disk.mapping == nil ? 0 : 1
        return GroupSlabs(
            processes: processes.reduce(0) { $0 + ($1.isAlive ? 1 : 0) }, addressSpaces: Int64(mms.liveCount),
            vmas: Int64(vmas.liveCount), anonVMAs: Int64(anonVMAs.liveCount), chains: Int64(chains.liveCount),
            openFiles: Int64(openFiles.liveCount), diskFiles: onDisk - device,
            memoryFiles: Int64(mappings.liveCount) - onDisk, nodes: Int64(arrayNodes.liveCount))
    }

    /// Pages of objects that the program's group is charged for: those that came since the program joined it.
    var slabPagesOfGroup: UInt64 { (slabs - memoryGroup.slabsBefore).pages }
}
