import CHost
import Glibc

extension LiveMachine {
    /// memfd_create(2).
    func memoryFile(_ name: String, flags: UInt64, in agent: Agent) throws(LiveError) -> Int64 {
        let bytes = Array(name.utf8) + [0]
        guard bytes.count <= Int(FL_AGENT_BSS_BYTES) else { return -Int64(EINVAL) }
        try agent.write(bytes, at: FL_AGENT_BSS)
        return try agent.call(.memfdCreate, FL_AGENT_BSS, flags)
    }

    /// A new file of `size` bytes on tmpfs: in one of the program's mounts, or a memory file, which is a file of the kernel's own
    /// mount. Where the mount has no room for it, the file goes again.
    func tmpfsFile(_ name: String, size: UInt64, mount: UInt64, in agent: Agent) throws(LiveError) -> Int64 {
        if group != nil { throw .unsupported("tmpfs_file in a memory cgroup: its pages would be charged elsewhere") }
        let descriptor: Int64
        if mount == 0 {
            descriptor = try memoryFile("tmpfs", flags: 0, in: agent)
            guard descriptor >= 0 else { return descriptor }
        } else {
            guard mount <= mounts.count else { return -Int64(EBADF) }
            descriptor = try unnamedFile(
                in: "/proc/\(getpid())/fd/\(mounts[Int(mount) - 1].descriptor)", calledBy: agent)
            guard descriptor >= 0 else { return descriptor }
        }
        do { try fill(descriptor, name: name, size: size, in: agent, synchronize: false) } catch {
            guard mount != 0, case .host(_, ENOSPC) = error else { throw error }
            _ = try agent.call(.close, UInt64(descriptor))
            return -Int64(ENOSPC)
        }
        return descriptor
    }

    /// A tmpfs in no directory; it goes with this object and the files in it. Returns its number, from 1.
    func mountTmpfs(size: UInt64) throws(LiveError) -> Int64 {
        let descriptor = fl_mount_tmpfs(size)
        guard descriptor >= 0 else { throw .host(action: "mount a tmpfs (fsmount, CAP_SYS_ADMIN)", errno: -descriptor) }
        mounts.append(HostFile(descriptor: descriptor))
        return Int64(mounts.count)
    }

    /// A new file of `size` bytes on disk, without a name, written back.
    func diskFile(_ name: String, size: UInt64, in agent: Agent) throws(LiveError) -> Int64 {
        let descriptor = try unnamedFile(in: options.diskDirectory, calledBy: agent)
        guard descriptor >= 0 else { return descriptor }
        try fill(descriptor, name: name, size: size, in: agent, synchronize: true)
        return descriptor
    }

    /// Has the agent make a file without a name. Returns a descriptor of the agent's, or the negative errno of its own limit.
    private func unnamedFile(in directory: String, calledBy agent: Agent) throws(LiveError) -> Int64 {
        let path = Array(directory.utf8) + [0]
        guard path.count <= Int(FL_AGENT_BSS_BYTES) else { return -Int64(ENAMETOOLONG) }
        try agent.write(path, at: FL_AGENT_BSS)
        let descriptor = try agent.call(.open, FL_AGENT_BSS, UInt64(OpenFlag.unnamed | O_RDWR), 0o600)
        if descriptor >= 0 || descriptor == -Int64(EMFILE) { return descriptor }
        if descriptor == -Int64(EACCES), directory.hasPrefix("/proc/") {
            throw .unsupported(
                "on the live kernel a process that is not root's finds no way to a tmpfs_mount; let init make the file "
                    + "before it forks")
        }
        throw .host(action: "make an unnamed file in \(directory)", errno: Int32(-descriptor))
    }

    /// Writes page `i` of the file full of `(i & 127) + 1`, a page at a time, so that its folios are single pages.
    ///
    /// Where that is done matters, since each processor has LRU batches of its own: writeback would drain those of the program,
    /// and MADV_FREE take effect early, so it happens elsewhere; the pages of a memory file wait in the program's. Nothing
    /// else is done meanwhile, since pages of this process would wait there too.
    private func fill(
        _ descriptor: Int64, name: String, size: UInt64, in agent: Agent, synchronize: Bool
    ) throws(LiveError) {
        guard size <= 1 << 32 else { throw .unsupported("a file of \(size) bytes is too large; the most is 4 GiB") }
        let file = try HostFile("/proc/\(agent.process)/fd/\(descriptor)", flags: O_RDWR)
        let result = fl_agent_fill(
            file.descriptor, size, agent.processor ?? options.agentOptions.cpu, synchronize)
        if result < 0 { throw .host(action: "write to a file", errno: -result) }
        if group != nil { try adopt(descriptor, file, size: size, by: agent) }
        try remember(file, as: name)
    }

    /// Notes which file a VMA's device and inode name.
    private func remember(_ file: HostFile, as name: String) throws(LiveError) {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw .host(action: "examine a file", errno: errno) }
        let device = status.st_dev
        let major = device >> 8 & 0xfff | device >> 32 & ~0xfff
        let minor = device & 0xff | device >> 12 & ~0xff
        files["\(Self.twoDigits(major)):\(Self.twoDigits(minor)) \(status.st_ino)"] = "file:\(name)"
    }

    private static func twoDigits(_ number: UInt) -> String {
        let text = String(number, radix: 16)
        return text.count < 2 ? "0" + text : text
    }
}

/// Flags of open(2) that glibc's macros hide from Swift (uapi/asm-generic/fcntl.h).
private enum OpenFlag {
    /// O_TMPFILE.
    static let unnamed: Int32 = 0o20200000
}
