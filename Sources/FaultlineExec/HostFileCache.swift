import CExec
import Faultline
import Glibc

/// Files of the host that programs map privately: each is a file of the simulated disk that is wholly in memory, in single pages.
/// Its bytes come into a page when somebody first looks at it.
final class HostFileCache {
    /// A file, as the host tells it from others; changed since, it is another one.
    private struct Identity: Hashable {
        let device: UInt
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    private struct Source {
        let descriptor: Int32
        let offset: UInt64
    }

    /// Larger files stay the host's: each page takes a record of simulated RAM at once.
    static let largest: UInt64 = 1 << 30

    private let machine: Machine
    /// The simulated process that holds the files open.
    private let holder: ProcessID
    private var known: [Identity: Int32] = [:]
    /// Frames whose bytes have not been read yet.
    private var unread: [PFN: Source] = [:]
    private var descriptors: [Int32] = []
    /// Bytes that were read so far.
    private(set) var bytesRead = 0

    /// - Throws: ENOMEM where the machine is too small for a process.
    init(_ machine: Machine) throws(Errno) {
        self.machine = machine
        holder = try machine.startProcess(
            InitialAddressSpace(
                regions: [], mmapBase: 0x7fff_f7ff_f000, startBrk: 0x40_0000, startStack: 0x7fff_ffff_e000, touched: [])
        )
        try machine.setLimit(holder, .openFiles, to: 1 << 16)
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// A descriptor of a simulated process for a file; nil where it is no regular file, is empty, or is too large.
    ///
    /// - Parameter path: where it is opened, such as `/proc/PID/fd/3`.
    /// - Throws: EMFILE, ENOMEM, ENOSPC.
    func open(_ path: String, named name: String, for process: Int) throws(Errno) -> Int32? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size > 0,
            UInt64(facts.st_size) <= Self.largest
        else {
            close(descriptor)
            return nil
        }
        let identity = Identity(
            device: UInt(facts.st_dev), inode: UInt(facts.st_ino), size: facts.st_size,
            seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec)
        if let file = known[identity] {
            close(descriptor)
            return try machine.receive(process, file, from: holder.index)
        }
        descriptors.append(descriptor)
        let file = try machine.diskFile(holder, name: name, size: UInt64(facts.st_size)).rawValue
        known[identity] = file
        for (index, frame) in try machine.cachedFrames(holder.index, file).enumerated() {
            if let frame { unread[frame] = Source(descriptor: descriptor, offset: UInt64(index) << 12) }
        }
        return try machine.receive(process, file, from: holder.index)
    }

    /// Reads the bytes of a file's page into its frame, where that was not done yet.
    ///
    /// - Parameter frame: shown, so that its contents are real.
    /// - Returns: false where the file cannot be read any more, or has become shorter.
    func fill(_ frame: PFN) -> Bool {
        guard !unread.isEmpty, let source = unread.removeValue(forKey: frame) else { return true }
        var page = [UInt8](repeating: 0, count: 4096)
        // SAFETY: both calls stay within the page.
        let got = page.withUnsafeMutableBytes {
            pread(source.descriptor, $0.baseAddress, 4096, off_t(source.offset))
        }
        if got < 0 { return false }
        bytesRead += got
        return page.withUnsafeBytes { pwrite(machine.ramFile, $0.baseAddress, 4096, off_t(frame << 12)) } == 4096
    }
}
